// `pnpm test`: runs the tests of every package, says what ran, and ends with the count.
//
// The count is read from the reports that the runs themselves wrote (vitest.base.ts), never assumed. All that was printed
// is looked through for secrets that the tests planted (SECURITY 28).

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { secretsIn } from './planted-secrets.ts'
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
const run = spawn('pnpm', ['turbo', 'test', '--concurrency=1', '--continue=always', '--output-logs=full'], {
  cwd: root,
  stdio: ['inherit', 'pipe', 'pipe'],
})
const printed: string[] = []
for (const [from, to] of [
  [run.stdout, process.stdout],
  [run.stderr, process.stderr],
] as const) {
  from.setEncoding('utf8')
  from.on('data', (text: string) => {
    printed.push(text)
    to.write(text)
  })
}
const [status] = await once(run, 'close')

const problems: string[] = status === 0 ? [] : ['a run ended with an error']
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
const secrets = secretsIn(withoutTitles(printed.join('')))
console.log(`  planted secrets in all that was printed: ${secrets.length}`)
problems.push(...secrets)
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

/** What was printed but for the names of tests, some of which say what they plant. */
function withoutTitles(text: string): string {
  const titles = suites.flatMap(({ folder }) => titlesOf(folder)).sort((a, b) => b.length - a.length)
  return titles.reduce((rest, title) => rest.replaceAll(title, ''), stripVTControlCharacters(text))
}

function titlesOf(folder: string): string[] {
  if (!existsSync(reportOf(folder))) return []
  const { testResults = [] } = JSON.parse(readFileSync(reportOf(folder), 'utf8'))
  return testResults.flatMap(({ assertionResults = [] }) =>
    assertionResults
      .map(({ title }: { title: string }) => title)
      .filter((title: string) => title.length > 20),
  )
}

function describe({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
