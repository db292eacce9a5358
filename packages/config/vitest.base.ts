import { defineConfig, type ViteUserConfig } from 'vitest/config'

// Packages find each other's sources, so tests need no build. Vite's own conditions have to be named again.
const conditions: string[] = ['wsauth:source', 'module', 'node', 'development|production']

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['wsauth:source', 'node'] } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // The JSON is what the closing count is summed from (run-tests.ts).
    reporters: ['default', ['json', { outputFile: 'reports/test.json' }]],
    // A test that hangs fails; one on a busy machine does not.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Nor one that waits for a server to notice something; one second is not long there.
    expect: { poll: { timeout: 10_000 } },
    allowOnly: false,
    passWithNoTests: false,
  },
})

export default config
