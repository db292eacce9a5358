import { describe, expect, it } from 'vitest'
import { PlayedServer } from '../testing/played-server.ts'
import { secret } from '../wire/secret.ts'
import { serverDueAt } from './server.ts'

const auth = '{"type":"auth","token":"t"}'
const auth1 = '{"type":"auth","token":"t","v":1}'
const credential = { type: 'credential', token: secret('t'), ambient: false } as const
const cookie = { type: 'credential', token: secret('t'), ambient: true } as const
const fail = (error: string, action: string) =>
  ({ type: 'send', text: JSON.stringify({ type: 'auth_fail', error, action }) }) as const
const close = (code: number, reason: string, error: string) => ({ type: 'close', code, reason, error })

describe('the deadline', () => {
  it.each([
    ['a silent connection', (_: PlayedServer) => {}],
    ['a chatty one', (server: PlayedServer) => server.text('hello')],
    ['a slow verifier', (server: PlayedServer) => server.text(auth1)],
  ])('2.2 closes %s with 4001', (_, before) => {
    const server = new PlayedServer()
    before(server)
    expect(server.pass(4_999)).toEqual([])
    expect(server.pass(1)).toEqual([
      fail('timeout', 'retry'),
      close(4001, 'Authentication timeout', 'timeout'),
    ])
    expect(server.state).toEqual({ name: 'closed' })
  })

  it.each(['message', 'verdict', 'control', 'revoke'])('2.2 counts before a late %s', (type) => {
    const server = new PlayedServer()
    server.text(auth1)
    server.nowMs += 5_000
    const late = {
      message: () => server.text('held?'),
      verdict: () => server.accept(),
      control: () => server.control('"type":"auth","token":"t"'),
      revoke: () => server.feed({ type: 'revoke', marginMs: 0 }),
    }[type]
    expect(late?.().at(-1)).toEqual(close(4001, 'Authentication timeout', 'timeout'))
  })

  it('2.2 answers an upgrade request that is still being verified with 408', () => {
    const server = new PlayedServer({}, { finding: credential })
    expect(server.pass(5_000)).toEqual([{ type: 'reject', error: 'timeout' }])
  })

  it('2.2 is over once somebody is authenticated', () => {
    const server = new PlayedServer()
    server.text(auth)
    server.accept()
    expect(server.pass(1e9)).toEqual([])
    expect(serverDueAt(server.state)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('the first message', () => {
  it('3.2 answers version 0 with the user alone, before anything else', () => {
    const server = new PlayedServer()
    expect(server.text(auth)).toMatchObject([{ type: 'verify', attempt: 1, reason: 'connect' }])
    expect(server.accept({ expiresInMs: 60_000 })).toMatchObject([
      { type: 'send', text: '{"type":"auth_ok","userId":"ada"}' },
      { type: 'admit', grant: { subject: { userId: 'ada' } } },
      { type: 'release' },
    ])
  })

  it('3.2 answers version 1 in full, with the time to the end of the credential', () => {
    const server = new PlayedServer({ heartbeatMs: 25_000 })
    server.text('{"type":"auth","token":"t","v":7}')
    server.accept({ expiresInMs: 900_000.9, leewayMs: 5_000, issuer: 'https://id.example' })
    expect(server.effects.find(({ type }) => type === 'send')).toEqual({
      type: 'send',
      text: '{"type":"auth_ok","userId":"ada","v":1,"channel":"channel-of-16-ch","sessionId":"s1","expiresInMs":900000,"heartbeatMs":25000}',
    })
  })

  it('3.2 says no end and no heartbeat where there is none', () => {
    const server = new PlayedServer()
    server.text(auth1)
    server.accept()
    expect(server.sent).toEqual([
      { type: 'auth_ok', userId: 'ada', v: 1, channel: 'channel-of-16-ch', sessionId: 's1' },
    ])
  })

  it('3.3 refuses version 0 with the type alone, version 1 in full', () => {
    const zero = new PlayedServer()
    zero.text(auth)
    expect(zero.refuse('invalid_token')).toEqual([
      { type: 'send', text: '{"type":"auth_fail"}' },
      close(4001, 'Authentication failed', 'invalid_token'),
    ])
    const one = new PlayedServer()
    one.text(auth1)
    expect(one.refuse('slow_down', 2_000.2)).toEqual([
      { type: 'send', text: '{"type":"auth_fail","error":"slow_down","action":"retry","retryAfterMs":2001}' },
      close(4029, 'Too many attempts; retry-after-ms=2001', 'slow_down'),
    ])
  })

  it('3.4 ignores anything else before the credential, for good', () => {
    const server = new PlayedServer()
    for (const text of ['hello', '{"type":"message"}', '[]', undefined]) expect(server.text(text)).toEqual([])
    server.text(auth)
    expect(server.accept().map(({ type }) => type)).toEqual(['send', 'admit', 'release'])
    expect(server.effects.some(({ type }) => type === 'hold')).toBe(false)
  })

  it('2.3 closes with 1008 when there are more messages than the budget, the credential and what is held included', () => {
    const server = new PlayedServer({ preAuthMessages: 3 })
    server.text('one')
    server.text(auth1)
    expect(server.text('two')).toEqual([{ type: 'hold' }])
    expect(server.text('three')).toEqual([close(1008, 'Policy violation', 'policy_violation')])
  })

  it('3.5 holds what follows the credential, binary too, and drops it on failure', () => {
    const server = new PlayedServer()
    server.text(auth1)
    expect([server.text('a'), server.text(undefined)]).toEqual([[{ type: 'hold' }], [{ type: 'hold' }]])
    expect(server.refuse('invalid_token').map(({ type }) => type)).toEqual(['send', 'close'])
  })

  it.each([auth, 'Authorization: Bearer u', '{"type":"auth","token":5}'])(
    '3.5 closes on a second credential %s',
    (second) => {
      const server = new PlayedServer()
      server.text(auth1)
      expect(server.text(second)).toEqual([
        fail('invalid_request', 'stop'),
        close(4001, 'Invalid request', 'invalid_request'),
      ])
      expect(server.accept()).toEqual([])
    },
  )

  it('3.1 refuses a credential that is no text, in full, since the version is unknown', () => {
    const server = new PlayedServer()
    expect(server.text('{"type":"auth","token":5}')).toEqual([
      fail('invalid_request', 'stop'),
      close(4001, 'Invalid request', 'invalid_request'),
    ])
  })

  it('3.6 takes bearer text as a first message of version 0, unless told not to', () => {
    const server = new PlayedServer()
    server.text('Authorization: Bearer abc')
    server.accept()
    expect(server.sent).toEqual([{ type: 'auth_ok', userId: 'ada' }])
    expect(new PlayedServer({ bearerText: false }).text('Authorization: Bearer abc')).toEqual([])
  })

  it('3.7 lets nobody in with an empty token where the server allows that', () => {
    const server = new PlayedServer({ allowAnonymous: true })
    expect(server.text('{"type":"auth","token":"","v":1}')).toMatchObject([
      { type: 'send' },
      { type: 'admit', grant: { subject: { userId: '', anonymous: true } } },
      { type: 'release' },
    ])
    expect(new PlayedServer().text('{"type":"auth","token":""}')).toMatchObject([{ type: 'verify' }])
  })

  it('5.7 does not admit a credential that ends at this very moment, or whose end is no number', () => {
    for (const grant of [
      { expiresInMs: 0 },
      { expiresInMs: -5_000, leewayMs: 5_000 },
      { expiresInMs: Number.NaN },
    ]) {
      const server = new PlayedServer()
      server.text(auth)
      expect(server.accept(grant).at(-1)).toEqual(close(4001, 'Authentication failed', 'invalid_token'))
    }
    const server = new PlayedServer()
    server.text(auth1)
    server.accept({ expiresInMs: -4_999, leewayMs: 5_000 })
    expect(server.sent).toMatchObject([{ type: 'auth_ok', expiresInMs: 0 }])
  })

  it.each(['token_expired', 'session_revoked'] as const)(
    '6.1 tells %s and a bad token with the same bytes',
    (error) => {
      const [said, plain] = [error, 'invalid_token' as const].map((name) => {
        const server = new PlayedServer()
        server.text(auth1)
        return server.refuse(name)
      })
      expect(said).toEqual(plain)
    },
  )
})

describe('a credential in the handshake', () => {
  it('4.1 is verified before the 101, and the first frame is auth_ok', () => {
    const server = new PlayedServer({}, { version: 1, finding: credential })
    expect(server.effects).toMatchObject([{ type: 'verify', attempt: 1 }])
    expect(server.text('too early')).toEqual([])
    expect(server.accept().map(({ type }) => type)).toEqual(['accept', 'send', 'admit'])
  })

  it('4.3 is answered by the 101 alone without the offer', () => {
    const server = new PlayedServer({}, { finding: credential })
    expect(server.accept({ expiresInMs: 10_000 }).map(({ type }) => type)).toEqual(['accept', 'admit'])
    expect(server.pass(10_000)).toEqual([close(4002, 'Token expired', 'token_expired')])
  })

  it.each(['invalid_token', 'token_expired', 'session_revoked', 'slow_down'] as const)(
    '4.2 a stale cookie (%s) does not stop a first message, and the deadline stands',
    (error) => {
      const server = new PlayedServer({}, { finding: cookie })
      server.nowMs += 3_000
      expect(server.refuse(error)).toEqual([{ type: 'accept' }])
      expect(server.text(auth1)).toMatchObject([{ type: 'verify' }])
      expect(server.pass(2_000).at(-1)).toMatchObject({ code: 4001 })
    },
  )

  it('4.2 a good cookie whose user has too many connections is told so', () => {
    const server = new PlayedServer({}, { finding: cookie })
    const verdict = { ok: false, error: 'slow_down', retryAfterMs: 5_000, isGood: true } as const
    expect(server.feed({ type: 'verdict', attempt: 1, verdict })).toEqual([
      { type: 'reject', error: 'slow_down', retryAfterMs: 5_000 },
    ])
  })

  it.each([
    ['an offer of wsauth.v1', {}, 1, 'invalid_token'],
    ['no first message allowed', { firstMessage: false }, 0, 'invalid_token'],
    ['another error', {}, 0, 'temporarily_unavailable'],
  ] as const)('4.2 a stale cookie with %s is refused', (_, policy, version, error) => {
    const server = new PlayedServer(policy, { version, finding: cookie })
    server.refuse(error)
    expect(server.state.name).toBe('closed')
  })

  it('4.1 no credential where none can follow is refused', () => {
    const server = new PlayedServer({ firstMessage: false })
    expect(server.effects).toEqual([{ type: 'reject', error: 'invalid_token' }])
  })

  it('4.1 no credential is enough where nobody may be somebody', () => {
    const zero = new PlayedServer({ firstMessage: false, allowAnonymous: true })
    expect(zero.effects.map(({ type }) => type)).toEqual(['accept', 'admit'])
    const one = new PlayedServer({ allowAnonymous: true }, { version: 1 })
    expect(one.effects.map(({ type }) => type)).toEqual(['accept', 'send', 'admit'])
    const waits = new PlayedServer({ allowAnonymous: true })
    expect(waits.effects.map(({ type }) => type)).toEqual(['accept'])
  })

  it.each([
    ['auto', 0, false, ['reject']],
    ['auto', 1, false, ['accept', 'send', 'close']],
    ['auto', 1, true, ['reject']],
    ['http', 1, false, ['reject']],
    ['close', 0, false, ['accept', 'close']],
    ['close', 1, true, ['accept', 'send', 'close']],
  ] as const)('4.6 reject: %s, version %s, Origin refused %s', (reject, version, origin, types) => {
    const finding = { type: 'refused', error: 'access_denied', origin } as const
    const server = new PlayedServer({ reject }, { version, finding })
    expect(server.effects.map(({ type }) => type)).toEqual(types)
    expect(server.state).toEqual({ name: 'closed' })
  })

  it('4.6 carries the time to stay away in either form', () => {
    const finding = { type: 'refused', error: 'slow_down', retryAfterMs: 1_500 } as const
    expect(new PlayedServer({}, { finding }).effects).toEqual([
      { type: 'reject', error: 'slow_down', retryAfterMs: 1_500 },
    ])
    expect(new PlayedServer({}, { finding, version: 1 }).effects.at(-1)).toMatchObject({
      reason: 'Too many attempts; retry-after-ms=1500',
    })
  })
})

describe('ends before authentication', () => {
  it('5.6 a draining node refuses', () => {
    const http = new PlayedServer({}, { finding: credential })
    expect(http.feed({ type: 'drain', inMs: 1_000, retryAfterMs: 700 })).toEqual([
      { type: 'reject', error: 'service_restart', retryAfterMs: 700 },
    ])
    const socket = new PlayedServer()
    expect(socket.feed({ type: 'drain', inMs: 1_000, retryAfterMs: 700 }).at(-1)).toEqual(
      close(1012, 'Service restart; retry-after-ms=700', 'service_restart'),
    )
  })

  it.each(['policy_violation', 'message_too_big'] as const)(
    '2.3 closes on %s without an auth_fail',
    (error) => {
      const server = new PlayedServer()
      expect(server.feed({ type: 'refuse', error })).toMatchObject([{ type: 'close', error }])
    },
  )

  it.each([
    ['upgrading', new PlayedServer({}, { finding: credential })],
    ['awaiting-credential', new PlayedServer()],
  ])('2.4 nothing comes of any input once the transport is gone (%s)', (_, server) => {
    expect(server.feed({ type: 'closed' })).toEqual([])
    server.nowMs += 10_000
    expect([
      server.accept(),
      server.text(auth),
      server.due(),
      server.feed({ type: 'revoke', marginMs: 0 }),
    ]).toEqual([[], [], [], []])
    expect(server.mayDeliver).toBe(false)
  })

  it('2.1 no message passes before authentication', () => {
    const server = new PlayedServer()
    expect(server.mayDeliver).toBe(false)
    server.text(auth)
    expect(server.mayDeliver).toBe(false)
    server.accept()
    expect(server.mayDeliver).toBe(true)
  })
})
