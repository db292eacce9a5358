import { defineConfig, type ViteUserConfig } from 'vitest/config'
import base from './vitest.base.ts'

// The tests that are fast enough to be run once for each mutant: no socket, no 50,000 schedules, no 100,000 tokens.
// A part is held by its own tests: those further up would find more, but each file that is loaded costs time.
const parts: Readonly<Record<string, readonly string[]>> = {
  protocol: ['packages/protocol/src/**/*.test.ts', 'packages/protocol/test/{vectors,specification}.test.ts'],
  client: ['packages/client/src/**/*.test.ts', 'packages/client/test/contract/!(node).test.ts'],
  verifiers: ['packages/server/src/verifiers/*.test.ts'],
  server: [
    'packages/server/src/*.test.ts',
    'packages/server/src/{limiters,methods,stores,tickets}/*.test.ts',
    'packages/server/src/verifiers/verifier.test.ts',
  ],
}

const config: ViteUserConfig = defineConfig({
  ...base,
  test: {
    ...base.test,
    include: [...(parts[process.env.MUTATE ?? 'protocol'] ?? [])],
    exclude: ['**/node_modules/**', '**/{duel,walk}*.test.ts'],
    env: { FUZZ_RUNS: '50' },
    reporters: ['default'],
    testTimeout: 60_000,
    // Modules are loaded once for all test files of a mutant.
    // But for the client's, whose hooks are registered by what they import.
    isolate: process.env.MUTATE === 'client',
  },
})

export default config
