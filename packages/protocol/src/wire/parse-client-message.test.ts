import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyText } from '../../test/any-text.ts'
import { parseClientControl, parseContinuous, parseFirstMessage } from './parse-client-message.ts'

const withText = { bearerText: true }
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

/** Token and version of a first message; `undefined` where it is ignored, the clause where it breaks one. */
function first(text: string, options: { readonly bearerText: boolean } = withText): unknown {
  const parsed = parseFirstMessage(text, options)
  if (!parsed.ok) return parsed.clause
  return parsed.value && [parsed.value.token.reveal(), parsed.value.version]
}

describe('a first message', () => {
  it.each([
    ['{"type":"auth","token":"t"}', 't', 0],
    ['{"type":"auth","token":"t","v":1}', 't', 1],
    ['{"v":1,"token":"t","type":"auth"}', 't', 1],
    [' {"type":"auth", "token":"t"}\n', 't', 0],
    ['{"type":"auth","token":"t","v":2}', 't', 1],
    ['{"type":"auth","token":"t","v":1e400}', 't', 1],
    ['{"type":"auth","token":"t","v":0}', 't', 0],
    ['{"type":"auth","token":"t","v":-1}', 't', 0],
    ['{"type":"auth","token":"t","v":0.5}', 't', 0],
    ['{"type":"auth","token":"t","v":1.5}', 't', 0],
    ['{"type":"auth","token":"t","v":"1"}', 't', 0],
    ['{"type":"auth","token":"t","v":null}', 't', 0],
    ['{"type":"auth","token":"t","more":{}}', 't', 0],
    ['{"type":"auth","token":""}', '', 0],
    ['{"type":"auth","token":"a","token":"b"}', 'b', 0],
    ['{"type":"other","type":"auth","token":"t"}', 't', 0],
    ['{"type":"auth","token":"\\ud800"}', '\ud800', 0],
    ['{"type":"auth","token":"\\u0000"}', '\u0000', 0],
    ['{"__proto__":{"v":1},"type":"auth","token":"t"}', 't', 0],
    ['Authorization: Bearer t', 't', 0],
    ['authorization:bearer t', 't', 0],
    ['AUTHORIZATION: BEARER   a.b-c_d~e+f/g=  ', 'a.b-c_d~e+f/g=', 0],
  ])('3.1, 3.6 %s presents a credential', (text, token, version) => {
    expect(first(text)).toEqual([token, version])
  })

  it.each([
    '{"type":"auth"}',
    '{"type":"auth","token":5}',
    '{"type":"auth","token":null}',
    '{"type":"auth","token":["t"]}',
    '{"type":"auth","token":{"toString":"t"}}',
    '{"type":"auth","token":"t","token":5}',
    '{"type":"auth","__proto__":{"token":"t"}}',
    `{"type":"auth","token":${nested(1_000)}}`,
  ])('3.1 %s is not of its shape', (text) => {
    expect(first(text)).toBe('3.1')
  })

  it.each([
    '',
    'hello',
    'null',
    '5',
    '"auth"',
    '[]',
    '["auth"]',
    '[{"type":"auth","token":"t"}]',
    '{}',
    '{"type":1}',
    '{"type":["auth"],"token":"t"}',
    '{"type":"AUTH","token":"t"}',
    '{"type":"auth ","token":"t"}',
    '{"type":"auth","token":"t"',
    '{"type":"auth","token":"t"}{}',
    "{'type':'auth','token':'t'}",
    '{"type":"auth","type":"other","token":"t"}',
    '{"__proto__":{"type":"auth","token":"t"}}',
    '{"constructor":{"type":"auth"}}',
    '\ufeff{"type":"auth","token":"t"}',
    '\u0000{"type":"auth","token":"t"}',
    '{"type":"au\u0000th","token":"t"}',
    nested(100_000),
    `{"type":${'9'.repeat(10_000)}}`,
    'Authorization: Bearer',
    'Authorization: Bearer ',
    'Authorization: Bearer a b',
    'Authorization: Basic t',
    'Authorization: Bearer t\nx',
    'Authorization: Bearer é',
    ' Authorization: Bearer t',
    'X-Authorization: Bearer t',
  ])('3.4 %s is ignored', (text) => {
    expect(first(text)).toBe(undefined)
  })

  it('3.6 bearer text is ignored where it is turned off', () => {
    expect(first('Authorization: Bearer t', { bearerText: false })).toBe(undefined)
    expect(first('{"type":"auth","token":"t"}', { bearerText: false })).toEqual(['t', 0])
  })

  it('3.6 reads a long line in no time', () => {
    expect(first(`Authorization: Bearer ${' '.repeat(200_000)}`)).toBe(undefined)
    expect(first(`Authorization: Bearer x${' '.repeat(200_000)}x`)).toBe(undefined)
  })

  it('3.4 takes no member from a prototype that something else has polluted', () => {
    const planted = { type: 'auth', token: 'planted', data: 'planted', v: 1 }
    Object.assign(Object.prototype, planted)
    try {
      expect(parseFirstMessage('{}', withText)).toEqual({ ok: true, value: undefined })
      expect(parseFirstMessage('{"type":"auth"}', withText).ok).toBe(false)
      expect(parseClientControl('{"wsauth":"c"}').ok).toBe(false)
      expect(parseClientControl('{"wsauth":"c","type":"auth"}').ok).toBe(false)
      expect(parseContinuous('{"type":"message"}').ok).toBe(false)
    } finally {
      for (const name of Object.keys(planted)) Reflect.deleteProperty(Object.prototype, name)
    }
  })

  it('3.4 nothing throws, and no prototype changes', () => {
    const json = fc.json({ maxDepth: 6 })
    const shaped = fc
      .record({
        type: fc.constantFrom('auth', 'message', '__proto__'),
        token: fc.jsonValue(),
        v: fc.jsonValue(),
      })
      .map((value) => JSON.stringify(value))
    const cut = fc.tuple(shaped, fc.nat(40)).map(([text, at]) => text.slice(0, at))
    fc.assert(
      fc.property(fc.oneof(anyText(), json, shaped, cut), (text) => {
        for (const parsed of [
          parseFirstMessage(text, withText),
          parseClientControl(text),
          parseContinuous(text),
        ]) {
          expect(typeof parsed.ok).toBe('boolean')
        }
        expect(Object.keys(Object.prototype)).toEqual([])
        expect('token' in {}).toBe(false)
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 5_000) },
    )
  })
})

describe('control from a client', () => {
  const control = (text: string): unknown => {
    const parsed = parseClientControl(text)
    return parsed.ok ? parsed.value?.token.reveal() : parsed.clause
  }

  it.each([
    ['{"wsauth":"c","type":"auth","token":"t"}', 't'],
    ['{"wsauth":"c","token":"t","type":"auth"}', 't'],
    ['{"wsauth":"c","type":"later","token":"t"}', undefined],
    ['{"wsauth":"c","type":"","token":"t"}', undefined],
    ['{"wsauth":"c"}', '5.2'],
    ['{"wsauth":"c","type":5}', '5.2'],
    ['{"wsauth":"c","type":["auth"]}', '5.2'],
    ['{"wsauth":"c","__proto__":{"type":"later"}}', '5.2'],
    ['{"wsauth":"c","type":"auth"}', '5.3'],
    ['{"wsauth":"c","type":"auth","token":5}', '5.3'],
    ['{"wsauth":"c","type":"auth_ok"}', '5.2'],
    ['{"wsauth":"c","type":"auth_fail"}', '5.2'],
    ['{"wsauth":"c","type":"auth_required"}', '5.2'],
    ['{"wsauth":"c","type":"ping"}', '5.2'],
    ['{"wsauth":"c","type":"going_away"}', '5.2'],
    ['{"wsauth":"c",', '5.2'],
    ['{"wsauth":"c","type":"auth","token":"t"}}', '5.2'],
  ])('5.2, 5.3 %s', (text, result) => {
    expect(control(text)).toBe(result)
  })
})

describe('a message with its own credential', () => {
  it('7.1 carries a token and data', () => {
    const parsed = parseContinuous('{"data":"d","type":"message","token":"t"}')
    expect(parsed).toMatchObject({ ok: true, value: { type: 'message', data: 'd' } })
    expect(parsed.ok && parsed.value.token.reveal()).toBe('t')
  })

  it.each([
    '',
    'hello',
    '[]',
    '{}',
    '{"type":"message","token":"t"}',
    '{"type":"message","data":"d"}',
    '{"type":"message","token":"t","data":{}}',
    '{"type":"message","token":5,"data":"d"}',
    '{"type":"auth","token":"t","data":"d"}',
    '{"__proto__":{"type":"message","token":"t","data":"d"}}',
  ])('7.1 %s is none', (text) => {
    expect(parseContinuous(text)).toEqual({ ok: false, clause: '7.1' })
  })
})
