import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** `npm run test:package`: apart from the other tests, since these install from the registry. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
})

export default config
