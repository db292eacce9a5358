// `pnpm test`: runs the tests of every package, says what ran, and ends with the count.
//
// The count is read from the reports that the runs themselves wrote (vitest.base.ts), never assumed.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, workspacePackages } from './workspace.ts'

interface Count {
  passed: number
  failed: number
  skipped: number
}

const isCi = process.env.CI === 'true'
const suites = workspacePackages().filter(({ scripts }) => scripts.test !== undefined)
const reportOf = (folder: string): string => join(folder, 'reports/test.json')

for (const { folder } of suites) rmSync(reportOf(folder), { force: true })

// One package after the other: some tests hold the code to real times, which neighbours on the same cores would stretch.
const run = spawnSync(
  'pnpm',
  ['turbo', 'test', '--concurrency=1', '--continue=always', '--output-logs=full'],
  { cwd: root, stdio: 'inherit' },
)

const problems: string[] = run.status === 0 ? [] : ['a run ended with an error']
const total: Count = { passed: 0, failed: 0, skipped: 0 }

console.log(`\nTests, under Node ${process.version}:`)
for (const { name, folder } of suites) {
  const count = readReport(folder)
  if (count.passed + count.failed === 0) problems.push(`${name} ran no test`)
  console.log(`  ${name.padEnd(20)} ${describe(count)}`)
  total.passed += count.passed
  total.failed += count.failed
  total.skipped += count.skipped
}
if (isCi && total.skipped > 0) problems.push(`${total.skipped} tests were skipped, which CI does not accept`)
// A run can fail without a failed test (a suite that does not load, say), and the count must not hide that.
if (problems.length > 0 && total.failed === 0) total.failed = problems.length

for (const problem of problems) console.log(`  ✗ ${problem}`)
console.log(`\n${describe(total)}`)

mkdirSync(join(root, 'reports'), { recursive: true })
writeFileSync(join(root, 'reports/tests.json'), `${JSON.stringify(total)}\n`)
process.exitCode = problems.length > 0 || total.failed > 0 ? 1 : 0

function readReport(folder: string): Count {
  if (!existsSync(reportOf(folder))) return { passed: 0, failed: 0, skipped: 0 }
  const report = JSON.parse(readFileSync(reportOf(folder), 'utf8'))
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

function describe({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
