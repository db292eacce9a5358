import { defineConfig, type ViteUserConfig } from 'vitest/config'
import base from './vitest.base.ts'

const part: string = process.env.MUTATE ?? 'protocol'

// The tests that are fast enough to be run once for each mutant: no socket, no 50,000 schedules, no 100,000 tokens.
const config: ViteUserConfig = defineConfig({
  ...base,
  test: {
    ...base.test,
    include: [`packages/${part}/src/**/*.test.ts`, 'packages/protocol/test/{vectors,specification}.test.ts'],
    exclude: ['**/node_modules/**', '**/{duel,walk}*.test.ts', '**/jwt-forged.test.ts'],
    reporters: ['default'],
    testTimeout: 60_000,
  },
})

export default config
