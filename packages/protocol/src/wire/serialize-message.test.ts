import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyText } from '../../test/any-text.ts'
import * as published from '../index.ts'
import { failures } from './error-codes.ts'
import { parseClientControl, parseContinuous, parseFirstMessage } from './parse-client-message.ts'
import * as parse from './parse-server-message.ts'
import * as serialize from './serialize-message.ts'
import {
  controlPrefix,
  serializeAuth,
  serializeAuthFail,
  serializeAuthOk,
  serializeContinuous,
  serializeControl,
  serializeRefresh,
} from './serialize-message.ts'

const channel = 'abcdefghijklmnop'

it('3.1 the first message of a client', () => {
  expect(serializeAuth('t', 0)).toBe('{"type":"auth","token":"t"}')
  expect(serializeAuth('t', 1)).toBe('{"type":"auth","token":"t","v":1}')
})

it('3.2 the first message of a server', () => {
  const message = {
    type: 'auth_ok',
    userId: 'u',
    channel,
    sessionId: 's',
    expiresInMs: 900_000.7,
    heartbeatMs: 25_000,
  } as const
  expect(serializeAuthOk({ ...message, version: 0 })).toBe('{"type":"auth_ok","userId":"u"}')
  expect(serializeAuthOk({ ...message, version: 1 })).toBe(
    `{"type":"auth_ok","userId":"u","v":1,"channel":"${channel}","sessionId":"s","expiresInMs":900000,"heartbeatMs":25000}`,
  )
})

it.each([
  [900_000.9, 900_000],
  [0, 0],
  [-4_000, 0],
  [Number.POSITIVE_INFINITY, undefined],
  [Number.NaN, undefined],
])('1.4 says %s ms that are left as %s', (expiresInMs, said) => {
  const text = serializeAuthOk({ type: 'auth_ok', userId: 'u', version: 1, channel, expiresInMs })
  expect(JSON.parse(text).expiresInMs).toBe(said)
})

it('3.3 the refusal before authentication', () => {
  expect(serializeAuthFail('invalid_token', 0, 5)).toBe('{"type":"auth_fail"}')
  expect(serializeAuthFail('invalid_token', 1)).toBe(
    '{"type":"auth_fail","error":"invalid_token","action":"refresh"}',
  )
  expect(serializeAuthFail('slow_down', 1, 1_000.2)).toBe(
    '{"type":"auth_fail","error":"slow_down","action":"retry","retryAfterMs":1001}',
  )
  for (const error of Object.keys(failures) as (keyof typeof failures)[]) {
    expect(JSON.parse(serializeAuthFail(error, 1))).toMatchObject({ error, action: failures[error].action })
  }
})

it.each([
  [{ type: 'auth_ok', version: 1, expiresInMs: 5.9 }, '"type":"auth_ok","expiresInMs":5}'],
  [{ type: 'auth_ok', version: 1 }, '"type":"auth_ok"}'],
  [{ type: 'auth_ok', version: 1, userId: 'u' }, '"type":"auth_ok","userId":"u"}'],
  [
    { type: 'auth_fail', error: 'slow_down', action: 'retry', retryAfterMs: 0.1 },
    '"type":"auth_fail","error":"slow_down","action":"retry","retryAfterMs":1}',
  ],
  [
    { type: 'auth_required', deadlineMs: 9.9, reason: 'step_up' },
    '"type":"auth_required","deadlineMs":9,"reason":"step_up"}',
  ],
  [{ type: 'ping' }, '"type":"ping"}'],
  [{ type: 'going_away', retryAfterMs: 7 }, '"type":"going_away","retryAfterMs":7}'],
] as const)('5.1 %j starts with the channel', (message, rest) => {
  expect(serializeControl(channel, message)).toBe(`{"wsauth":"${channel}",${rest}`)
  expect(serializeControl(channel, message).startsWith(controlPrefix(channel))).toBe(true)
})

it('5.3 the refresh of a client starts with the channel', () => {
  expect(serializeRefresh('t', controlPrefix(channel))).toBe(
    `{"wsauth":"${channel}","type":"auth","token":"t"}`,
  )
})

it('whatever the token, what one side writes the other side reads', () => {
  fc.assert(
    fc.property(anyText(), anyText(), (token, data) => {
      const first = parseFirstMessage(serializeAuth(token, 1), { bearerText: true })
      expect(first.ok && first.value?.token.reveal()).toBe(token)
      const refresh = parseClientControl(serializeRefresh(token, controlPrefix(channel)))
      expect(refresh.ok && refresh.value?.token.reveal()).toBe(token)
      const message = parseContinuous(serializeContinuous(token, data))
      expect(message.ok && [message.value.token.reveal(), message.value.data]).toEqual([token, data])
    }),
  )
})

it('what reads and writes a message is there for whoever writes another end', () => {
  expect(published).toMatchObject({ ...parse, ...serialize })
})
