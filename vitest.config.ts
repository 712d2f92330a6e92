import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ['millrace-source'] },
  ssr: { resolve: { conditions: ['millrace-source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    // npm run test:package
    exclude: ['test/package/**'],
    testTimeout: 30_000,
    // Nothing of ours lives in a module between tests, so a worker may keep what it has loaded.
    isolate: false,
  },
})

export default config
