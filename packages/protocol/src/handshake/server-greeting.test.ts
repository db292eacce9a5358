import { expect, it } from 'vitest'
import { type Granted, PlayedServer } from '../testing/played-server.ts'
import { secret } from '../wire/secret.ts'
import type { ServerPolicy } from './server-state.ts'

const auth = '{"type":"auth","token":"t2"}'
const auth1 = '{"type":"auth","token":"t2","v":1}'
const finding = { type: 'credential', token: secret('cookie'), ambient: true } as const

/** A connection that a good cookie let in. */
function letIn(policy: Partial<ServerPolicy> = {}, grant: Granted = {}): PlayedServer {
  const server = new PlayedServer(policy, { finding })
  server.accept({ expiresInMs: 60_000, ...grant })
  server.effects.length = 0
  return server
}

it('4.2 answers a first message beside a good cookie, in its version, and stands on its token', () => {
  const one = letIn()
  expect(one.text(auth1)).toMatchObject([{ type: 'verify', attempt: 2, reason: 'refresh' }])
  expect(one.accept({ expiresInMs: 10_000 })).toMatchObject([
    { type: 'renew', refreshed: true },
    { type: 'send' },
  ])
  expect(one.sent).toMatchObject([{ type: 'auth_ok', userId: 'ada', v: 1, channel: 'channel-of-16-ch' }])
  one.control('"type":"auth","token":"t3"')
  expect(one.state.name).toBe('reauthenticating')
  one.accept({ expiresInMs: 10_000 })
  expect(one.pass(10_000).at(-1)).toMatchObject({ code: 4002 })
  const zero = letIn()
  zero.text(auth)
  zero.accept()
  expect(zero.sent).toEqual([{ type: 'auth_ok', userId: 'ada' }])
  expect(zero.control('"type":"auth","token":"t3"')).toEqual([])
})

it('4.2 anything else is the application’s, and so is all that follows', () => {
  for (const first of ['hello', undefined, '{"type":"other"}']) {
    const server = letIn()
    expect(server.text(first)).toEqual([{ type: 'hold' }, { type: 'release' }])
    expect(server.text(auth)).toEqual([])
    expect(server.state).toMatchObject({ greeting: undefined, version: 0 })
  }
})

it('4.2 what comes while it is verified is delivered at once: the cookie holds', () => {
  const server = letIn()
  server.text(auth1)
  expect(server.text('hello')).toEqual([{ type: 'hold' }, { type: 'release' }])
  expect(server.mayDeliver).toBe(true)
  expect(server.accept()).toMatchObject([{ type: 'renew' }, { type: 'send' }])
})

it.each([
  ['a bad token', (server: PlayedServer) => server.refuse('invalid_token'), 'invalid_token', 4001],
  ['an expired one', (server: PlayedServer) => server.refuse('token_expired'), 'invalid_token', 4001],
  ['another user', (server: PlayedServer) => server.accept({ userId: 'eve' }), 'access_denied', 4003],
  ['another issuer', (server: PlayedServer) => server.accept({ issuer: 'evil' }), 'access_denied', 4003],
  ['one that is over', (server: PlayedServer) => server.accept({ expiresInMs: 0 }), 'invalid_token', 4001],
  [
    'a verifier that says nothing',
    (server: PlayedServer) => server.pass(5_000),
    'temporarily_unavailable',
    1013,
  ],
  ['a second one', (server: PlayedServer) => server.text(auth1), 'invalid_request', 4001],
  [
    'a malformed second one',
    (server: PlayedServer) => server.text('{"type":"auth"}'),
    'invalid_request',
    4001,
  ],
] as const)(
  '4.2 refuses %s: the cookie does not stand in for what the client chose',
  (_, then, error, code) => {
    const server = letIn()
    server.text(auth1)
    expect(then(server)).toMatchObject([
      { type: 'send', text: expect.stringContaining(`"error":"${error}"`) },
      { type: 'close', code, error },
    ])
    expect(server.mayDeliver).toBe(false)
  },
)

it('4.2 tells version 0 no more than the type, and a malformed first one in full', () => {
  const zero = letIn()
  zero.text(auth)
  expect(zero.refuse('invalid_token')[0]).toEqual({ type: 'send', text: '{"type":"auth_fail"}' })
  expect(letIn().text('{"type":"auth","token":5}')[0]).toMatchObject({
    text: expect.stringContaining('"error":"invalid_request"'),
  })
})

it('5.7, 5.9 the end and a revocation come first', () => {
  const over = letIn()
  over.text(auth1)
  over.nowMs += 60_000
  expect(over.accept({ expiresInMs: 1e9 })).toMatchObject([{ code: 4002 }])
  const revoked = letIn()
  revoked.text(auth1)
  expect(revoked.feed({ type: 'revoke', marginMs: 10_000 })).toMatchObject([{ code: 4004 }])
})

it('5.8 it displaces no look at the session, and a late verdict on one is dropped', () => {
  const server = letIn({ revalidateMs: 10_000 })
  server.pass(10_000)
  server.text(auth1)
  expect(
    server.feed({ type: 'verdict', attempt: 2, verdict: { ok: false, error: 'invalid_token' } }),
  ).toEqual([])
  server.accept()
  expect(server.pass(9_999)).toEqual([])
  expect(server.pass(1)).toMatchObject([{ type: 'revalidate' }])
})

it.each([
  ['an explicit credential', {}, { version: 0, finding: { ...finding, ambient: false } }],
  ['the offer of wsauth.v1', {}, { version: 1, finding }],
  ['no first messages', { firstMessage: false }, { version: 0, finding }],
] as const)('4.2 with %s everything is the application’s', (_, policy, opening) => {
  const server = new PlayedServer(policy, opening)
  server.accept()
  expect(server.state).not.toHaveProperty('greeting')
  expect(server.text(auth)).toEqual([])
})
