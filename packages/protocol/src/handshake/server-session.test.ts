import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PlayedServer } from '../testing/played-server.ts'
import { secret } from '../wire/secret.ts'
import { serverDueAt } from './server.ts'
import type { Grant, ServerPolicy } from './server-state.ts'

const wsauth = 'channel-of-16-ch'
const close = (code: number, reason: string, error: string) => ({ type: 'close', code, reason, error })
const refresh = '"type":"auth","token":"t2"'

/** A live connection of version 1 under a first message; `version: 0` for one that said no `v`. */
function live(
  policy: Partial<ServerPolicy> = {},
  grant: Partial<Grant> = {},
  version: 0 | 1 = 1,
): PlayedServer {
  const server = new PlayedServer(policy)
  server.text(version ? '{"type":"auth","token":"t","v":1}' : '{"type":"auth","token":"t"}')
  server.accept(grant)
  server.effects.length = 1 // the first verification, so that attempts are numbered on
  return server
}

/** What was said, in short: control as its members without the channel, anything else as its type. */
const said = (server: PlayedServer): readonly unknown[] =>
  server.effects.slice(1).map((effect) => {
    if (effect.type !== 'send') return effect.type
    const { wsauth: channel, ...members } = JSON.parse(effect.text)
    expect(channel).toBe(wsauth)
    return members
  })

describe('expiry', () => {
  it('5.7 announces the end a tenth of the life ahead, and closes with 4002 at exp + leeway', () => {
    const server = live({}, { expiresInMs: 60_000, leewayMs: 5_000 })
    expect(server.pass(53_999)).toEqual([])
    server.pass(1)
    expect(said(server)).toEqual([{ type: 'auth_required', deadlineMs: 11_000, reason: 'expiring' }])
    server.pass(10_999)
    expect(server.mayDeliver).toBe(true)
    expect(server.pass(1)).toEqual([close(4002, 'Token expired', 'token_expired')])
    expect(server.mayDeliver).toBe(false)
  })

  it('5.7 counts before whatever a late timer lets in', () => {
    for (const input of ['control', 'verdict', 'message', 'revoke', 'require', 'drain', 'refuse']) {
      const server = live({}, { expiresInMs: 60_000 })
      server.nowMs += 60_000
      expect(server.mayDeliver).toBe(false)
      const late = {
        control: () => server.control(refresh),
        verdict: () => server.accept(),
        message: () => server.text('x'),
        revoke: () => server.feed({ type: 'revoke', marginMs: 1_000 }),
        require: () => server.feed({ type: 'require', reason: 'step_up', deadlineMs: 1_000 }),
        drain: () => server.feed({ type: 'drain', inMs: 1_000, retryAfterMs: 0 }),
        refuse: () => server.feed({ type: 'refuse', error: 'slow_down' }),
      }[input]
      expect(late?.()).toEqual([close(4002, 'Token expired', 'token_expired')])
    }
  })

  it('5.7 says nothing to version 0, and ends it all the same', () => {
    const server = live({}, { expiresInMs: 60_000 }, 0)
    expect(server.pass(60_000)).toEqual([close(4002, 'Token expired', 'token_expired')])
  })

  it('5.4 announces the end of a day a minute ahead', () => {
    const server = live({}, { expiresInMs: 86_400_000 })
    expect(server.pass(86_339_999)).toEqual([])
    expect(server.pass(1)).toMatchObject([{ type: 'send' }])
  })
})

describe('refresh in place', () => {
  it('5.3 takes the new end, whether later or earlier, and says it', () => {
    const server = live({}, { expiresInMs: 60_000, issuedAtMs: 1_000 })
    server.control(refresh)
    expect(server.state.name).toBe('reauthenticating')
    server.accept({ expiresInMs: 10_000.5, issuedAtMs: 2_000 })
    expect(said(server)).toEqual(['verify', 'renew', { type: 'auth_ok', expiresInMs: 10_000 }])
    expect(server.pass(10_001).at(-1)).toEqual(close(4002, 'Token expired', 'token_expired'))
  })

  it.each([
    ['another user', { userId: 'eve' }, 'access_denied', 'stop'],
    ['another issuer', { issuer: 'https://evil.example' }, 'access_denied', 'stop'],
    ['nobody', { userId: '', anonymous: true }, 'access_denied', 'stop'],
    ['an older token', { issuedAtMs: 999 }, 'invalid_token', 'refresh'],
    ['one that is over', { expiresInMs: 0 }, 'invalid_token', 'refresh'],
  ] as const)('5.3 refuses %s, and the connection lives on to its old end', (_, grant, error, action) => {
    const server = live({}, { expiresInMs: 60_000, issuedAtMs: 1_000, issuer: 'https://id.example' })
    server.control(refresh)
    server.accept({ expiresInMs: 90_000, issuedAtMs: 1_000, issuer: 'https://id.example', ...grant })
    expect(said(server)).toEqual(['verify', { type: 'auth_fail', error, action }, 'refresh-refused'])
    expect(server.mayDeliver).toBe(true)
    expect(server.pass(60_000).at(-1)).toEqual(close(4002, 'Token expired', 'token_expired'))
  })

  it('5.3 takes whoever signs in where nobody was', () => {
    const server = new PlayedServer({ allowAnonymous: true })
    server.text('{"type":"auth","token":"","v":1}')
    server.control(refresh)
    const effects = server.feed({
      type: 'verdict',
      attempt: 2,
      verdict: { ok: true, grant: { userId: 'ada', sessionId: 's', issuer: 'i', expiresInMs: 9_000 } },
    })
    expect(effects).toMatchObject([
      { type: 'renew', grant: { userId: 'ada' }, refreshed: true },
      { type: 'send' },
    ])
    expect(server.pass(9_000).at(-1)).toMatchObject({ code: 4002 })
  })

  it('5.3 does one at a time; the verdict on the first still counts', () => {
    const server = live({}, { expiresInMs: 60_000 })
    server.control(refresh)
    server.control(refresh)
    server.accept({ expiresInMs: 90_000 })
    expect(said(server)).toEqual([
      'verify',
      { type: 'auth_fail', error: 'slow_down', action: 'retry', retryAfterMs: 1_000 },
      'refresh-refused',
      'renew',
      { type: 'auth_ok', expiresInMs: 90_000 },
    ])
  })

  it('5.3 takes six in any minute, wherever the minute begins', () => {
    const server = live({ refreshesPerMinute: 6 })
    const tries = (count: number) => {
      let verified = 0
      for (let i = 0; i < count; i++) {
        verified += server.control(refresh).filter(({ type }) => type === 'verify').length
        server.accept()
      }
      return verified
    }
    server.nowMs += 59_000
    expect(tries(1_000)).toBe(6)
    server.nowMs += 1_000
    expect(tries(10)).toBe(0)
    server.nowMs += 59_000
    expect(tries(10)).toBe(6)
  })

  it('5.3 gives up on a verifier that says nothing, and drops its late verdict', () => {
    const server = live({ deadlineMs: 5_000 }, { expiresInMs: 60_000 })
    server.control(refresh)
    server.pass(5_000)
    expect(said(server)).toEqual([
      'verify',
      { type: 'auth_fail', error: 'temporarily_unavailable', action: 'retry' },
      'refresh-refused',
    ])
    expect(server.accept({ expiresInMs: 1e9 })).toEqual([])
    expect(server.pass(55_000).at(-1)).toMatchObject({ code: 4002 })
  })

  it.each(['token_expired', 'session_revoked'] as const)('6.1 tells %s as a bad token', (error) => {
    const server = live()
    server.control(refresh)
    server.refuse(error)
    expect(said(server)[1]).toEqual({ type: 'auth_fail', error: 'invalid_token', action: 'refresh' })
  })

  it('5.7 a refresh that is being verified does not move the end', () => {
    const server = live({}, { expiresInMs: 60_000 })
    server.nowMs += 59_000
    server.control(refresh)
    server.nowMs += 1_000
    expect(server.accept({ expiresInMs: 90_000 })).toEqual([close(4002, 'Token expired', 'token_expired')])
  })

  it('drops a verdict that nobody waits for', () => {
    const server = live({}, { expiresInMs: 60_000 })
    expect(server.accept({ expiresInMs: 1e9 })).toEqual([])
    server.control(refresh)
    expect(
      server.feed({
        type: 'verdict',
        attempt: 1,
        verdict: { ok: true, grant: { userId: 'ada', sessionId: 's1', expiresInMs: 1e9 } },
      }),
    ).toEqual([])
  })
})

describe('control', () => {
  it.each([
    '"type":"auth","token":5}',
    '"type":"auth"}',
    '"type":"auth_ok"}',
    '"type":"ping"}',
    '"type":"going_away"}',
    '"type":',
    '',
  ])('5.2 closes with 1002 on %s', (rest) => {
    const server = live()
    expect(server.feed({ type: 'control', text: `{"wsauth":"${wsauth}",${rest}` })).toEqual([
      { type: 'close', code: 1002, reason: 'Protocol error' },
    ])
    expect(server.state).toEqual({ name: 'closed' })
  })

  it.each(['"type":"later"', '"type":5', '"tipe":"auth"', '"__proto__":{"type":"auth"}'])(
    '5.2 ignores %s',
    (rest) => {
      const server = live()
      expect(server.control(rest)).toEqual([])
      expect(server.mayDeliver).toBe(true)
    },
  )

  it('5.1 version 0 has no control', () => {
    const server = live({}, {}, 0)
    expect(server.control(refresh)).toEqual([])
    expect(server.control('"type":"ping"')).toEqual([])
    expect(server.state.name).toBe('authenticated')
  })
})

describe('revocation and demands', () => {
  it('5.9 closes with 4004 at once without a margin, and version 0 with one', () => {
    for (const [version, marginMs] of [
      [1, 0],
      [1, Number.NaN],
      [0, 10_000],
    ] as const) {
      const server = live({}, {}, version)
      expect(server.feed({ type: 'revoke', marginMs })).toEqual([
        close(4004, 'Session revoked', 'session_revoked'),
      ])
    }
  })

  it('5.9 with a margin, a newer token in time saves the connection', () => {
    const server = live()
    server.feed({ type: 'revoke', marginMs: 10_000 })
    server.pass(9_999)
    server.control(refresh)
    server.accept()
    expect(said(server)).toEqual([
      { type: 'auth_required', deadlineMs: 10_000, reason: 'revoked' },
      'verify',
      'renew',
      { type: 'auth_ok' },
    ])
    expect(server.pass(1e6)).toEqual([])
  })

  it('5.9 with a margin, it ends when the margin does, a late verdict notwithstanding', () => {
    const server = live()
    server.feed({ type: 'revoke', marginMs: 10_000 })
    server.pass(9_000)
    server.control(refresh)
    server.nowMs += 1_000
    expect(server.mayDeliver).toBe(false)
    expect(server.accept()).toEqual([close(4004, 'Session revoked', 'session_revoked')])
  })

  it('5.9 a token that was under way when the revocation came is asked for again', () => {
    const server = live()
    server.control(refresh)
    server.feed({ type: 'revoke', marginMs: 10_000 })
    expect(server.accept({ expiresInMs: 1e9 })).toEqual([])
    expect(said(server)).toEqual([
      'verify',
      { type: 'auth_fail', error: 'temporarily_unavailable', action: 'retry' },
      'refresh-refused',
      { type: 'auth_required', deadlineMs: 10_000, reason: 'revoked' },
    ])
    expect(server.pass(10_000).at(-1)).toMatchObject({ code: 4004 })
  })

  it.each([
    ['expiring', 4002, 'Token expired', 'token_expired'],
    ['step_up', 4001, 'Authentication timeout', 'timeout'],
    ['revoked', 4004, 'Session revoked', 'session_revoked'],
  ] as const)('5.4 %s: closes when no newer token came', (reason, code, text, error) => {
    const server = live()
    server.feed({ type: 'require', reason, deadlineMs: 3_000 })
    expect(said(server)).toEqual([{ type: 'auth_required', deadlineMs: 3_000, reason }])
    expect(server.pass(3_000)).toEqual([close(code, text, error)])
  })

  it('5.4 the earliest of several demands counts, by its own name', () => {
    const server = live()
    server.feed({ type: 'revoke', marginMs: 1_000 })
    server.feed({ type: 'require', reason: 'step_up', deadlineMs: 60_000 })
    expect(said(server)[1]).toEqual({ type: 'auth_required', deadlineMs: 1_000, reason: 'revoked' })
    expect(server.pass(1_000)).toEqual([close(4004, 'Session revoked', 'session_revoked')])
  })

  it('5.4 a refused refresh leaves the demand where it was', () => {
    const server = live()
    server.feed({ type: 'require', reason: 'step_up', deadlineMs: 3_000 })
    server.control(refresh)
    server.refuse('invalid_token')
    expect(server.pass(3_000).at(-1)).toMatchObject({ code: 4001 })
  })

  it('ends as it is told, with the code of the table', () => {
    expect(live().feed({ type: 'refuse', error: 'session_revoked' })).toEqual([
      close(4004, 'Session revoked', 'session_revoked'),
    ])
    expect(live().feed({ type: 'refuse', error: 'slow_down', retryAfterMs: 5 })).toEqual([
      close(4029, 'Too many attempts; retry-after-ms=5', 'slow_down'),
    ])
  })
})

describe('another look at a live session', () => {
  it('5.8 happens every revalidateMs, and replaces what is known', () => {
    const server = live({ revalidateMs: 60_000 }, { expiresInMs: 1e6 })
    expect(server.pass(60_000)).toEqual([{ type: 'revalidate', attempt: 2 }])
    expect(server.accept({ expiresInMs: 30_000 })).toMatchObject([{ type: 'renew', refreshed: false }])
    expect(server.pass(30_000).at(-1)).toMatchObject({ code: 4002 })
  })

  it('5.8 never moves the end back by the roundness of a clock', () => {
    const server = live({ revalidateMs: 60_000 }, { expiresInMs: 600_000 })
    const endsAtMs = 601_000
    server.pass(60_000)
    server.accept({ expiresInMs: 540_999 })
    expect(server.state).toMatchObject({ endsAtMs })
    server.pass(60_000)
    server.accept({ expiresInMs: 479_500 })
    expect(server.state).toMatchObject({ endsAtMs: endsAtMs - 500 })
  })

  it.each([
    ['invalid_token', 4004],
    ['session_revoked', 4004],
    ['token_expired', 4002],
    ['access_denied', 4003],
    ['insufficient_scope', 4003],
  ] as const)('5.8 closes on %s with %s', (error, code) => {
    const server = live({ revalidateMs: 60_000 })
    server.pass(60_000)
    expect(server.refuse(error)).toMatchObject([{ type: 'close', code }])
  })

  it.each(['temporarily_unavailable', 'slow_down', 'timeout', 'service_restart'] as const)(
    '5.8 a look that could not be had ends nothing (%s)',
    (error) => {
      const server = live({ revalidateMs: 60_000 })
      server.pass(60_000)
      expect(server.refuse(error)).toEqual([])
      expect(server.pass(60_000)).toEqual([{ type: 'revalidate', attempt: 3 }])
    },
  )

  it.each([
    ['another user', { userId: 'eve' }, 4004],
    ['a credential that is over', { expiresInMs: 0 }, 4002],
  ] as const)('5.8 closes on %s', (_, grant, code) => {
    const server = live({ revalidateMs: 60_000 })
    server.pass(60_000)
    expect(server.accept(grant)).toMatchObject([{ type: 'close', code }])
  })

  it('5.8 cannot be dodged by a refresh with a bad token, begun before or after the look', () => {
    const server = live({ revalidateMs: 60_000 })
    server.pass(59_999)
    server.control(refresh)
    expect(server.pass(2)).toEqual([])
    server.refuse('invalid_token')
    expect(server.pass(0)).toEqual([{ type: 'revalidate', attempt: 3 }])
    server.control(refresh)
    server.refuse('invalid_token')
    expect(server.pass(0)).toEqual([{ type: 'revalidate', attempt: 5 }])
    server.refuse('invalid_token')
    expect(server.state.name).toBe('closed')
  })

  it('5.8 is put off by a refresh that was good', () => {
    const server = live({ revalidateMs: 60_000 })
    server.pass(59_999)
    server.control(refresh)
    server.accept()
    expect(server.pass(59_999)).toEqual([])
    expect(server.pass(1)).toMatchObject([{ type: 'revalidate' }])
  })

  it('5.8 nobody has no credential to look at', () => {
    const server = new PlayedServer({ allowAnonymous: true, revalidateMs: 60_000 }, { version: 1 })
    expect(server.pass(1e6)).toEqual([])
  })
})

describe('liveness', () => {
  it('5.5 says ping when nothing else was said for a heartbeat, to version 1', () => {
    const server = live({ heartbeatMs: 25_000 })
    const beat = () => {
      server.heardAtMs = server.nowMs
      return server.pass(25_000)
    }
    expect(beat()).toMatchObject([{ type: 'send' }, { type: 'ping' }])
    expect(said(server)[0]).toEqual({ type: 'ping' })
    server.sentAtMs = server.nowMs + 10_000
    expect(beat().map(({ type }) => type)).not.toContain('send')
  })

  it('5.5 pings version 0 with a frame alone', () => {
    const server = live({ heartbeatMs: 25_000 }, {}, 0)
    expect(server.pass(25_000)).toEqual([{ type: 'ping' }])
  })

  it('5.5 drops a peer that was silent for two heartbeats, and not one that was not', () => {
    const server = live({ heartbeatMs: 25_000 })
    expect(server.pass(49_999).map(({ type }) => type)).not.toContain('terminate')
    expect(server.pass(1)).toEqual([{ type: 'terminate' }])
    expect(server.state).toEqual({ name: 'closed' })
  })

  it('5.5 counts silence from auth_ok on: before that the client waited for an answer', () => {
    const server = new PlayedServer({ heartbeatMs: 1_000 })
    server.text('{"type":"auth","token":"t","v":1}')
    server.pass(4_000)
    server.accept()
    expect(server.pass(1_999).map(({ type }) => type)).not.toContain('terminate')
    expect(server.pass(1)).toEqual([{ type: 'terminate' }])
  })

  it('5.6 tells version 1 that the node goes away, then closes with 1012', () => {
    const server = live()
    server.feed({ type: 'drain', inMs: 20_000, retryAfterMs: 1_234.5 })
    expect(said(server)).toEqual([{ type: 'going_away', retryAfterMs: 1_235 }])
    expect(server.pass(19_999)).toEqual([])
    expect(server.mayDeliver).toBe(true)
    expect(server.pass(1)).toEqual([close(1012, 'Service restart; retry-after-ms=1235', 'service_restart')])
    expect(live({}, {}, 0).feed({ type: 'drain', inMs: 1, retryAfterMs: 1 })).toEqual([])
  })

  it('5.6 a second drain does not put off the first', () => {
    const server = live()
    server.feed({ type: 'drain', inMs: 1_000, retryAfterMs: 10 })
    server.pass(500)
    server.feed({ type: 'drain', inMs: 20_000, retryAfterMs: 20 })
    expect(server.pass(500).at(-1)).toMatchObject({ reason: 'Service restart; retry-after-ms=20' })
  })

  it('2.4 nothing comes of any input once the transport is gone', () => {
    const server = live({ heartbeatMs: 25_000 }, { expiresInMs: 10_000 })
    expect(server.feed({ type: 'closed' })).toEqual([])
    expect(server.pass(1e6)).toEqual([])
    expect(server.mayDeliver).toBe(false)
  })
})

it('a due time that has come moves forward or ends the connection, whatever the numbers', () => {
  const ms = fc.double({ min: 0.001, max: 1e7, noNaN: true })
  const act = fc.oneof(
    fc.record({ act: fc.constant('pass' as const), ms }),
    fc.record({
      act: fc.constantFrom('heard' as const, 'refresh' as const, 'accept' as const, 'refuse' as const),
    }),
    fc.record({ act: fc.constant('revoke' as const), ms }),
    fc.record({ act: fc.constant('drain' as const), ms }),
  )
  const policy = fc.record({
    heartbeatMs: fc.double({ min: 1, max: 1e6, noNaN: true }),
    revalidateMs: fc.double({ min: 1, max: 1e6, noNaN: true }),
  })
  fc.assert(
    fc.property(policy, ms, fc.array(act, { maxLength: 20 }), (policy, expiresInMs, acts) => {
      const finding = { type: 'credential', token: secret('t'), ambient: false } as const
      const server = new PlayedServer(policy, { version: 1, finding })
      server.accept({ expiresInMs })
      for (const step of acts) {
        if (step.act === 'heard') server.heardAtMs = server.nowMs
        if (step.act === 'refresh') server.control(refresh)
        if (step.act === 'accept') server.accept({ expiresInMs })
        if (step.act === 'refuse') server.refuse('invalid_token')
        if (step.act === 'revoke') server.feed({ type: 'revoke', marginMs: step.ms })
        if (step.act === 'drain') server.feed({ type: 'drain', inMs: step.ms, retryAfterMs: 0 })
        if (step.act !== 'pass') continue
        const untilMs = server.nowMs + step.ms
        for (let turns = 0; serverDueAt(server.state) <= untilMs && turns < 50; turns++) {
          const dueAtMs = serverDueAt(server.state)
          server.nowMs = Math.max(server.nowMs, dueAtMs)
          server.due()
          expect(serverDueAt(server.state)).toBeGreaterThan(dueAtMs)
          expect(serverDueAt(server.state)).toBeGreaterThan(server.nowMs)
        }
        server.nowMs = untilMs
      }
    }),
    { numRuns: 2_000 },
  )
})
