import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyText } from '../../test/any-text.ts'
import { controlOf, parseServerMessage } from './parse-server-message.ts'

it('3.2 reads the members in any order', () => {
  expect(parseServerMessage('{"userId":"u","v":1,"type":"auth_ok"}')).toEqual({
    type: 'auth_ok',
    userId: 'u',
    v: 1,
  })
})

it.each([
  '',
  'hello',
  '{"type":"auth_ok"',
  '\ufeff{"type":"auth_ok"}',
  'null',
  '5',
  '[]',
  '"auth_ok"',
  '[{"type":"auth_ok"}]',
])('3.4 %j has no type', (text) => {
  expect(parseServerMessage(text).type).toBe(undefined)
})

it('3.4 nothing throws, whatever a server says', () => {
  fc.assert(
    fc.property(fc.oneof(anyText(), fc.json()), (text) => {
      expect(typeof parseServerMessage(text)).toBe('object')
      controlOf(parseServerMessage(text))
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 2_000) },
  )
})

it('3.4 a planted __proto__ stays a member', () => {
  parseServerMessage('{"__proto__":{"type":"auth_ok"}}')
  expect('type' in {}).toBe(false)
})

it.each([
  [{ v: 1, channel: 'abcdefghijklmnop' }, '{"wsauth":"abcdefghijklmnop",'],
  [{ v: 1, channel: 'ABCD-efgh_012345' }, '{"wsauth":"ABCD-efgh_012345",'],
  [{ v: 1, channel: 'abcdefghijklmno' }, undefined],
  [{ v: 1, channel: 'abcdefghijklmnopq' }, undefined],
  [{ v: 1, channel: 'abcdefghijklmno"' }, undefined],
  [{ v: 1, channel: 'abcdefghijklmno\n' }, undefined],
  [{ v: 1, channel: 5 }, undefined],
  [{ v: 1 }, undefined],
  [{ channel: 'abcdefghijklmnop' }, undefined],
  [{ v: 0, channel: 'abcdefghijklmnop' }, undefined],
  [{ v: '1', channel: 'abcdefghijklmnop' }, undefined],
])('5.1 after %j, control starts with %s', (message, control) => {
  expect(controlOf(message)).toBe(control)
})
