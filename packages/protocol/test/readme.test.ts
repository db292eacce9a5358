import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const folder = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(`${folder}README.md`, 'utf8')
const snippets = [...readme.matchAll(/```(?:js|ts)\n([\s\S]*?)```/g)].map(([, code = '']) => code)

/** What a program prints, as JSON; it is one of a reader of the page. */
function printed(program: string): unknown {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=wsauth:source', '--input-type=module', '--eval', program],
    { cwd: folder, encoding: 'utf8' },
  )
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

it('the README: the server machine verifies what the first message brings', () => {
  const given = `
    const policy = { deadlineMs: 5_000, firstMessage: true, bearerText: true, reject: 'auto', allowAnonymous: false,
      preAuthMessages: 16, heartbeatMs: 25_000, refreshesPerMinute: 6, revalidateMs: Infinity }
    const [nowMs, version, channel, finding] = [0, 0, '0123456789abcdef', { type: 'none' }]
    const text = '{"type":"auth","token":"good"}'
    const performed = []
    const perform = ({ type }) => performed.push(type)`
  const then = 'console.log(JSON.stringify({ performed, state: state.name, dueAtMs: serverDueAt(state) }))'
  expect(printed(`${given}\n${snippets[0]}\n${then}`)).toEqual({
    performed: ['accept', 'verify'],
    state: 'verifying',
    dueAtMs: 5_000,
  })
})

it('the README: a duel breaks nothing', () => {
  const expectIt = 'const expect = (broken) => ({ toEqual: () => console.log(JSON.stringify(broken)) })'
  expect(printed(`${expectIt}\n${snippets[1]}`)).toEqual([])
  expect(snippets).toHaveLength(2)
})
