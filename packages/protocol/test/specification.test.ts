import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { failures } from '../src/wire/error-codes.ts'
import { vectors } from './vector.ts'

const root = new URL('../', import.meta.url)
const specification = readFileSync(new URL('PROTOCOL.md', root), 'utf8')

/** Number and text of each clause, in the order of the document. */
const clauses: ReadonlyMap<string, string> = new Map(
  specification.split(/^(?=\*\*\d+\.\d+\*\* |#)/m).flatMap((text) => {
    const number = /^\*\*(\d+\.\d+)\*\* /.exec(text)?.[1]
    return number === undefined ? [] : [[number, text] as const]
  }),
)
const normative = [...clauses]
  .filter(([, text]) => /\b(MUST|SHOULD|MAY)\b/.test(text))
  .map(([number]) => number)

describe('PROTOCOL.md', () => {
  it('has its clauses in order, without a gap', () => {
    const expected: string[] = []
    for (const number of clauses.keys()) {
      const [section, clause] = number.split('.').map(Number)
      const last = expected.at(-1)?.split('.').map(Number)
      const isNext = last && last[0] === section ? clause === (last[1] ?? 0) + 1 : clause === 1
      expect(isNext, number).toBe(true)
      expected.push(number)
    }
    expect(clauses.size).toBeGreaterThanOrEqual(45)
  })

  it.each(normative)('%s has a vector', (number) => {
    expect(vectors.some(({ clause }) => clause === number)).toBe(true)
  })

  it('is what every vector names', () => {
    expect(
      vectors.filter(({ clause }) => !clauses.has(clause)).map(({ file, name }) => [file, name]),
    ).toEqual([])
  })

  it('keeps the vectors of a section in one file, each with a name of its own', () => {
    const sections = new Map<string, string>()
    for (const { file, clause } of vectors) {
      const section = clause.split('.')[0] ?? ''
      expect(sections.get(section) ?? file).toBe(file)
      sections.set(section, file)
    }
    const names = vectors.map(({ clause, name }) => `${clause} ${name}`)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })

  it('tells what each member of a vector is, and of each event and what comes of it there is a case', () => {
    const form = specification.slice(specification.indexOf('## The vectors'))
    const told = new Set([...form.matchAll(/`"?([\w-]+)"?`/g)].map(([, name]) => name))
    const used = new Set(vectors.flatMap(namesOf))
    expect([...used].filter((name) => !told.has(name))).toEqual([])
    const listed = form.match(/^Events of [\w\W]+?\n\n/gm)?.flatMap((list) => [...list.matchAll(/`(\w+)`/g)])
    expect(listed?.length).toBeGreaterThan(30)
    expect(listed?.filter(([, name = '']) => !used.has(name))).toEqual([])
  })

  it('6.1 has the failure table of the code, row by row', () => {
    const rows = Object.entries(failures).map(
      ([error, { httpStatus, closeCode, reason, action }]) =>
        `| \`${error}\` | ${httpStatus ?? '–'} | ${closeCode} | \`${reason}\` | ${action} |`,
    )
    const table = clauses.get('6.1')?.match(/^\| `.*$/gm)
    expect(table).toEqual(rows)
  })

  it('has the clauses that the code and its tests cite', () => {
    const cited = sources().flatMap(([path, text]) => {
      const lines = [...text.matchAll(/PROTOCOL ((?:\d+(?:\.\d+)?)(?:(?:, | and | to |–)\d+(?:\.\d+)?)*)/g)]
      const inTests = path.endsWith('.test.ts') ? [...text.matchAll(/(?:it|\$\{)?[('`](\d+\.\d+) /g)] : []
      return [...lines, ...inTests].flatMap(([, numbers = '']) =>
        numbers.split(/, | and | to |–/).map((number) => [path, number] as const),
      )
    })
    expect(cited.length).toBeGreaterThan(100)
    const sections = new Set([...clauses.keys()].map((number) => number.split('.')[0]))
    const unknown = cited.filter(([, number]) =>
      number.includes('.') ? !clauses.has(number) : !sections.has(number),
    )
    expect(unknown).toEqual([])
  })
})

/** The members that a reader of a vector has to know; not those of a message, which the clauses tell. */
function namesOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(namesOf)
  if (typeof value !== 'object' || value === null) return []
  const members = Object.entries(value).filter(([name]) => name !== 'file')
  return members.flatMap(([name, inside]) => {
    const word = ['kind', 'credential'].includes(name) && typeof inside === 'string' ? [inside] : []
    return [name, ...word, ...(name === 'send' ? [] : namesOf(inside))]
  })
}

/** Path and text of each source file, tests included. */
function sources(): readonly (readonly [string, string])[] {
  const folder = new URL('src/', root)
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path, readFileSync(new URL(path, folder), 'utf8')] as const)
}
