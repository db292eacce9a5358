import { describe, expect, it } from 'vitest'
import { PlayedServer, playLiveServer } from '../testing/played-server.ts'

const wsauth = 'channel-of-16-ch'
const close = (code: number, reason: string, error: string) => ({ type: 'close', code, reason, error })
const refresh = '"type":"auth","token":"t2"'

describe('expiry', () => {
  it('5.7 announces the end a tenth of the life ahead, and closes with 4002 at exp + leeway', () => {
    const server = playLiveServer({}, { expiresInMs: 60_000, leewayMs: 5_000 })
    expect(server.pass(53_999)).toEqual([])
    server.pass(1)
    expect(server.said).toEqual([{ type: 'auth_required', deadlineMs: 11_000, reason: 'expiring' }])
    server.pass(10_999)
    expect(server.mayDeliver).toBe(true)
    expect(server.pass(1)).toEqual([close(4002, 'Token expired', 'token_expired')])
    expect(server.mayDeliver).toBe(false)
  })

  it('5.7 counts before whatever a late timer lets in', () => {
    for (const input of ['control', 'verdict', 'message', 'revoke', 'require', 'drain', 'refuse']) {
      const server = playLiveServer({}, { expiresInMs: 60_000 })
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
    const server = playLiveServer({}, { expiresInMs: 60_000 }, 0)
    expect(server.pass(60_000)).toEqual([close(4002, 'Token expired', 'token_expired')])
  })

  it('5.4 announces the end of a day a minute ahead', () => {
    const server = playLiveServer({}, { expiresInMs: 86_400_000 })
    expect(server.pass(86_339_999)).toEqual([])
    expect(server.pass(1)).toMatchObject([{ type: 'send' }])
  })
})

describe('control', () => {
  it.each([
    '"type":"auth","token":5}',
    '"type":"auth"}',
    '"type":"auth_ok"}',
    '"type":"ping"}',
    '"type":"going_away"}',
    '"type":5}',
    '"tipe":"auth"}',
    '"__proto__":{"type":"auth"}}',
    '"type":',
    '',
  ])('5.2 closes with 1002 on %s', (rest) => {
    const server = playLiveServer()
    expect(server.feed({ type: 'control', text: `{"wsauth":"${wsauth}",${rest}` })).toEqual([
      { type: 'close', code: 1002, reason: 'Protocol error' },
    ])
    expect(server.state).toEqual({ name: 'closed' })
  })

  it.each(['"type":"later"', '"type":""', '"type":"AUTH","token":5'])('5.2 ignores %s', (rest) => {
    const server = playLiveServer()
    expect(server.control(rest)).toEqual([])
    expect(server.mayDeliver).toBe(true)
  })

  it('5.1 version 0 has no control', () => {
    const server = playLiveServer({}, {}, 0)
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
      const server = playLiveServer({}, {}, version)
      expect(server.feed({ type: 'revoke', marginMs })).toEqual([
        close(4004, 'Session revoked', 'session_revoked'),
      ])
    }
  })

  it('5.9 with a margin, a newer token in time saves the connection', () => {
    const server = playLiveServer()
    server.feed({ type: 'revoke', marginMs: 10_000 })
    server.pass(9_999)
    server.control(refresh)
    server.accept()
    expect(server.said).toEqual([
      { type: 'auth_required', deadlineMs: 10_000, reason: 'revoked' },
      'verify',
      'renew',
      { type: 'auth_ok' },
    ])
    expect(server.pass(1e6)).toEqual([])
  })

  it('5.9 with a margin, it ends when the margin does, a late verdict notwithstanding', () => {
    const server = playLiveServer()
    server.feed({ type: 'revoke', marginMs: 10_000 })
    server.pass(9_000)
    server.control(refresh)
    server.nowMs += 1_000
    expect(server.mayDeliver).toBe(false)
    expect(server.accept()).toEqual([close(4004, 'Session revoked', 'session_revoked')])
  })

  it('5.9 a token that was under way when the revocation came is asked for again', () => {
    const server = playLiveServer()
    server.control(refresh)
    server.feed({ type: 'revoke', marginMs: 10_000 })
    expect(server.accept({ expiresInMs: 1e9 })).toEqual([])
    expect(server.said).toEqual([
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
    const server = playLiveServer()
    server.feed({ type: 'require', reason, deadlineMs: 3_000 })
    expect(server.said).toEqual([{ type: 'auth_required', deadlineMs: 3_000, reason }])
    expect(server.pass(3_000)).toEqual([close(code, text, error)])
  })

  it('5.4 the earliest of several demands counts, by its own name', () => {
    const server = playLiveServer()
    server.feed({ type: 'revoke', marginMs: 1_000 })
    server.feed({ type: 'require', reason: 'step_up', deadlineMs: 60_000 })
    expect(server.said[1]).toEqual({ type: 'auth_required', deadlineMs: 1_000, reason: 'revoked' })
    expect(server.pass(1_000)).toEqual([close(4004, 'Session revoked', 'session_revoked')])
  })

  it('5.4 a refused refresh leaves the demand where it was', () => {
    const server = playLiveServer()
    server.feed({ type: 'require', reason: 'step_up', deadlineMs: 3_000 })
    server.control(refresh)
    server.refuse('invalid_token')
    expect(server.pass(3_000).at(-1)).toMatchObject({ code: 4001 })
  })

  it('ends as it is told, with the code of the table', () => {
    expect(playLiveServer().feed({ type: 'refuse', error: 'session_revoked' })).toEqual([
      close(4004, 'Session revoked', 'session_revoked'),
    ])
    expect(playLiveServer().feed({ type: 'refuse', error: 'slow_down', retryAfterMs: 5 })).toEqual([
      close(4029, 'Too many attempts; retry-after-ms=5', 'slow_down'),
    ])
  })
})

describe('liveness', () => {
  it('5.5 says ping when nothing else was said for a heartbeat, to version 1', () => {
    const server = playLiveServer({ heartbeatMs: 25_000 })
    const beat = () => {
      server.heardAtMs = server.nowMs
      return server.pass(25_000)
    }
    expect(beat()).toMatchObject([{ type: 'send' }, { type: 'ping' }])
    expect(server.said[0]).toEqual({ type: 'ping' })
    server.sentAtMs = server.nowMs + 10_000
    expect(beat().map(({ type }) => type)).not.toContain('send')
  })

  it('5.5 counts from what was last heard and last said, each by itself', () => {
    const server = playLiveServer({ heartbeatMs: 25_000 })
    server.pass(10_000)
    server.sentAtMs = server.nowMs
    server.pass(10_000)
    server.heardAtMs = server.nowMs
    // Said 25 s ago, heard 15 s ago: the peer is told of, not asked for, a sign of life.
    expect(server.pass(14_999)).toEqual([])
    expect(server.pass(1).map(({ type }) => type)).toEqual(['send'])
    server.sentAtMs = server.nowMs
    expect(server.pass(9_999)).toEqual([])
    expect(server.pass(1)).toEqual([{ type: 'ping' }])
    expect(server.pass(24_999).map(({ type }) => type)).toEqual(['send', 'ping'])
    expect(server.pass(1)).toEqual([{ type: 'terminate' }])
  })

  it('5.5 pings version 0 with a frame alone', () => {
    const server = playLiveServer({ heartbeatMs: 25_000 }, {}, 0)
    expect(server.pass(25_000)).toEqual([{ type: 'ping' }])
  })

  it('5.5 drops a peer that was silent for two heartbeats, and not one that was not', () => {
    const server = playLiveServer({ heartbeatMs: 25_000 })
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
    const server = playLiveServer()
    server.feed({ type: 'drain', inMs: 20_000, retryAfterMs: 1_234.5 })
    expect(server.said).toEqual([{ type: 'going_away', retryAfterMs: 1_235 }])
    expect(server.pass(19_999)).toEqual([])
    expect(server.mayDeliver).toBe(true)
    expect(server.pass(1)).toEqual([close(1012, 'Service restart; retry-after-ms=1235', 'service_restart')])
    expect(playLiveServer({}, {}, 0).feed({ type: 'drain', inMs: 1, retryAfterMs: 1 })).toEqual([])
  })

  it('5.6 a second drain does not put off the first', () => {
    const server = playLiveServer()
    server.feed({ type: 'drain', inMs: 1_000, retryAfterMs: 10 })
    server.pass(500)
    server.feed({ type: 'drain', inMs: 20_000, retryAfterMs: 20 })
    expect(server.pass(500).at(-1)).toMatchObject({ reason: 'Service restart; retry-after-ms=20' })
  })

  it('2.4 nothing comes of any input once the transport is gone', () => {
    const server = playLiveServer({ heartbeatMs: 25_000 }, { expiresInMs: 10_000 })
    expect(server.feed({ type: 'closed' })).toEqual([])
    expect(server.pass(1e6)).toEqual([])
    expect(server.mayDeliver).toBe(false)
  })
})
