import { existsSync, readFileSync } from 'node:fs'
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

describe('PROMISES.md', () => {
  it('has a section for each promise, with tests', () => {
    const sections = promises.split(/^## /m).slice(1)
    expect(sections.map((section) => section.slice(0, 2))).toEqual(
      Array.from({ length: 9 }, (_, index) => `P${index + 1}`),
    )
    for (const section of sections) expect(named(section).length, section.slice(0, 20)).toBeGreaterThan(1)
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

/** The file is there, and a test or a group of tests in it is called so. */
function expectTest(file: string, title: string): void {
  expect(existsSync(join(root, file)), file).toBe(true)
  expect(readFileSync(join(root, file), 'utf8')).toContain(title)
}
