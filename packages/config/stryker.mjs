// `pnpm mutation`: changes the code of one part at a time and counts how many changes the tests notice.
// MUTATE names the part, FILES narrows it; the report is in reports/mutation-<part>.html.

import { fileURLToPath } from 'node:url'

const parts = {
  protocol: ['packages/protocol/src/{wire,handshake}/*.ts'],
  client: ['packages/client/src/!(index|events|options|socket|tabs|event-parts).ts'],
  verifiers: ['packages/server/src/verifiers/!(verifier).ts'],
  server: [
    'packages/server/src/{authenticate,awaitable,deadline-queue,header-texts,http-fields,http-refusal,live-connections,origin,principal,redact,socket-auth,trusted-proxies,upgrade-request}.ts',
    'packages/server/src/{limiters,methods,stores,tickets}/*.ts',
    'packages/server/src/verifiers/verifier.ts',
  ],
}
const { MUTATE: part = 'protocol', FILES: files } = process.env

export default {
  // By path: installed with links, plugins do not stand beside the program.
  plugins: [fileURLToPath(import.meta.resolve('@stryker-mutator/vitest-runner'))],
  testRunner: 'vitest',
  // Which tests run a mutant is known by then; to look for related ones each time would take as long as they do.
  vitest: { configFile: 'packages/config/vitest.mutation.ts', related: false },
  mutate: [...(files?.split(' ') ?? parts[part]), '!**/*.test.ts'],
  coverageAnalysis: 'perTest',
  // What runs once, when a module is loaded, cannot be switched on and off test by test.
  ignoreStatic: true,
  // TypeScript 7 has no API for reading a tsconfig.json, and nothing here needs one.
  tsconfigFile: 'none.json',
  timeoutMS: 2_000,
  concurrency: 2,
  tempDirName: 'reports/mutation',
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { logTests: false, allowEmojis: false },
  jsonReporter: { fileName: `reports/mutation-${part}.json` },
  htmlReporter: { fileName: `reports/mutation-${part}.html` },
  thresholds: { high: 95, low: 85, break: 85 },
}
