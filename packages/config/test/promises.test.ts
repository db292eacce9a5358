import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../src/workspace.ts'

const security = readFileSync(join(root, 'packages/server/SECURITY.md'), 'utf8')
const promises = readFileSync(join(root, 'packages/protocol/PROMISES.md'), 'utf8')

/** Every test that a page names: file and title. */
const named = (page: string): (readonly [file: string, title: string])[] =>
  [...page.matchAll(/`((?:packages|apps)\/[^`]+\.test\.ts)` “([^”]+)”/g)].map(([, file = '', title = '']) => [
    file,
    title,
  ])

/** What the commands of the page run: a package, and words that the names of its test files have. */
const commands = [...promises.matchAll(/--filter @wsauth\/(\w+) exec vitest run ([^`]+)`/g)].map(
  ([, name = '', words = '']) => [name, words.split(' ')] as const,
)

describe('PROMISES.md', () => {
  it('has a section for each promise, with tests', () => {
    const sections = promises.split(/^## /m).slice(1, -1)
    expect(sections.map((section) => section.slice(0, 2))).toEqual(
      Array.from({ length: 9 }, (_, index) => `P${index + 1}`),
    )
    for (const section of sections) expect(named(section).length, section.slice(0, 20)).toBeGreaterThan(1)
  })

  it.each(commands)('%s: there are tests for each of %j', (name, words) => {
    const folder =
      ['packages', 'apps'].map((one) => join(root, one, name)).find((one) => existsSync(one)) ?? root
    const files = ['src', 'test'].flatMap((one) => listed(join(folder, one)))
    const tests = files.filter((file) => file.endsWith('.test.ts'))
    expect(words.filter((word) => !tests.some((file) => file.includes(word)))).toEqual([])
  })

  it.each(named(promises))('%s: %s', (file, title) => expectTest(file, title))
})

describe('SECURITY.md', () => {
  it('has a row for each of the 36 requirements, with tests', () => {
    const rows = [...security.matchAll(/^\| (\d+) +\|(.*)$/gm)]
    expect(rows.map(([, number]) => Number(number))).toEqual(
      Array.from({ length: 36 }, (_, index) => index + 1),
    )
    for (const [row] of rows) expect(named(row).length, row.slice(0, 40)).toBeGreaterThan(0)
  })

  it.each(named(security))('%s: %s', (file, title) => expectTest(file, title))
})

function listed(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : []
}

/** The file is there, and a test or a group of tests in it is called so. */
function expectTest(file: string, title: string): void {
  expect(existsSync(join(root, file)), file).toBe(true)
  expect(readFileSync(join(root, file), 'utf8')).toContain(title)
}
