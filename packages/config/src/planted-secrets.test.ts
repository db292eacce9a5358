import { describe, expect, it } from 'vitest'
import { secretsIn } from './planted-secrets.ts'

const part = (length: number): string => 'Ab1_-'.repeat(length).slice(0, length)

describe('P5, SECURITY 28: the sweep over a whole test run finds', () => {
  it.each([
    ['a JWT', `token eyJ${part(20)}.eyJ${part(30)}.${part(43)} refused`],
    ['a JWT in colours', `\u001b[31meyJ${part(20)}.eyJ\u001b[39m${part(30)}.${part(43)}`],
    ['a header', `authorization: 'Bearer ${part(30)}'`],
    ['a sub-protocol', `wsauth.v1, wsauth.bearer.${part(30)}`],
    ['a ticket in a URL', `GET /ws?x=1&ticket=${part(43)}`],
    ['a first message', `{"type":"auth","token":"${part(30)}"}`],
    ['a private key', '-----BEGIN PRIVATE KEY-----'],
    ['a word that a test planted', ['planted', 'good-0123'].join('-')],
  ])('%s', (_, text) => {
    expect(secretsIn(`first line\n${text}\nlast line`)).toHaveLength(1)
  })

  it('nothing in what tests say of themselves', () => {
    const said =
      'P5: a planted secret shows up nowhere\n ✓ test/planted-secrets.test.ts\n?token=bad\nBearer x y'
    expect(secretsIn(said)).toEqual([])
  })

  it('and does not print it once more', () => {
    const [found = ''] = secretsIn(`Bearer ${part(40)}`)
    expect(found).not.toContain(part(8))
  })
})
