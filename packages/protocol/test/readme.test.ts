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

it('the README: the client machine presents a token, and is open when that was answered', () => {
  const given = `
    const policy = { version: 1, connectTimeoutMs: 10_000, authTimeoutMs: 10_000, closeTimeoutMs: 2_000,
      tokenTimeoutMs: 10_000, renews: true, hide: (text) => text }
    const [nowMs, heardAtMs, token] = [0, 0, 't']
    const performed = []
    const perform = { dial: (token) => performed.push('dial'), send: (text) => performed.push(text) }`
  const then = `
    feed({ type: 'open' })
    const data = '{"type":"auth_ok","userId":"ada","v":1,"channel":"0123456789abcdef","heartbeatMs":25000}'
    feed({ type: 'message', event: { data } })
    console.log(JSON.stringify({ performed, state: state.name, dueAtMs: clientDueAt(state, heardAtMs) }))`
  expect(printed(`${given}\n${snippets[1]}\n${then}`)).toEqual({
    performed: ['dial', '{"type":"auth","token":"t","v":1}'],
    state: 'open',
    dueAtMs: 50_000,
  })
})

it('the README: a duel breaks nothing', () => {
  const expectIt = 'const expect = (broken) => ({ toEqual: () => console.log(JSON.stringify(broken)) })'
  expect(printed(`${expectIt}\n${snippets[2]}`)).toEqual([])
  expect(snippets).toHaveLength(3)
})
