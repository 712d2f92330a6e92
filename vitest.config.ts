import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ['millrace-source'] },
  ssr: { resolve: { conditions: ['millrace-source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    // npm run test:package
    exclude: ['test/package/**'],
    setupFiles: ['test/support/property-seed.ts'],
    testTimeout: 30_000,
    // Nothing of ours lives in a module between tests, so a worker may keep what it has loaded.
    isolate: false,
    // The default leaves a core to the runner, which does next to nothing: half of the two that CI has.
    maxWorkers: '100%',
  },
})

export default config
