import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bearerSubprotocol, isOwnSubprotocol, isSubprotocol, tokenOfSubprotocol } from './subprotocol.ts'

it('4.5 carries any token there and back, as base64url without padding', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (token) => {
      const value = bearerSubprotocol(token)
      expect(value).toBe(`wsauth.bearer.${Buffer.from(token).toString('base64url')}`)
      expect(isSubprotocol(value)).toBe(true)
      expect(tokenOfSubprotocol(value)).toBe(token)
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 2_000) },
  )
})

it.each([
  'wsauth.bearer.',
  'wsauth.bearer',
  'wsauth.v1',
  'WSAUTH.BEARER.dA',
  'wsauth.bearer.d',
  'wsauth.bearer.dA=',
  'wsauth.bearer.dA==',
  'wsauth.bearer.d+/A',
  'wsauth.bearer.dB',
  'wsauth.bearer.dG9rZW5',
  'wsauth.bearer.d A',
  'wsauth.bearer._w',
  'wsauth.bearer.7aCA',
  'xwsauth.bearer.dA',
  '',
])('4.5 %j carries none', (value) => {
  expect(tokenOfSubprotocol(value)).toBe(undefined)
})

it('4.5 has one spelling for each token', () => {
  fc.assert(
    fc.property(fc.base64String({ minLength: 1 }), (text) => {
      const value = `wsauth.bearer.${text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')}`
      const token = tokenOfSubprotocol(value)
      if (token !== undefined) expect(bearerSubprotocol(token)).toBe(value)
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 2_000) },
  )
})

it('4.5 refuses a lone surrogate, which no UTF-8 can carry', () => {
  expect(() => bearerSubprotocol('\ud800')).toThrow(URIError)
})

it.each([
  'wsauth.v1',
  'wsauth.v2',
  'wsauth.v10',
  'wsauth.bearer.dA',
  'wsauth.bearer.',
  'WSAUTH.BEARER.dA',
  'Wsauth.Bearer.dA',
  '"wsauth.bearer.dA"',
  'chat;wsauth.bearer.dA',
])('4.3 %s is ours', (value) => {
  expect(isOwnSubprotocol(value)).toBe(true)
})

it.each([
  'chat',
  'wsauth.v',
  'wsauth.v2x',
  'WSAUTH.V1',
  'graphql-transport-ws',
  'wsauth',
  'wsauth.bearer',
  '',
])('4.3 %s is the application’s', (value) => {
  expect(isOwnSubprotocol(value)).toBe(false)
})

it.each([
  ['chat', true],
  ["!#$%&'*+.^_`|~0aA-", true],
  ['', false],
  ['a b', false],
  ['a,b', false],
  ['a"b', false],
  ['é', false],
  ['a/b', false],
  ['a=b', false],
  ['a\n', false],
])('4.3 %j can be offered: %s', (value, can) => {
  expect(isSubprotocol(value)).toBe(can)
})
