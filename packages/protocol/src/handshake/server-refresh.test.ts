import { describe, expect, it } from 'vitest'
import { PlayedServer, playLiveServer } from '../testing/played-server.ts'

const close = (code: number, reason: string, error: string) => ({ type: 'close', code, reason, error })
const refresh = '"type":"auth","token":"t2"'

describe('refresh in place', () => {
  it('5.3 takes the new end, whether later or earlier, and says it', () => {
    const server = playLiveServer({}, { expiresInMs: 60_000, issuedAt: 1_000 })
    server.control(refresh)
    expect(server.state.name).toBe('reauthenticating')
    expect(server.mayDeliver).toBe(true)
    server.accept({ expiresInMs: 10_000.5, issuedAt: 2_000 })
    expect(server.said).toEqual(['verify', 'renew', { type: 'auth_ok', expiresInMs: 10_000 }])
    expect(server.pass(10_001).at(-1)).toEqual(close(4002, 'Token expired', 'token_expired'))
  })

  it.each([
    ['another user', { userId: 'eve' }, 'access_denied', 'stop'],
    ['another issuer', { issuer: 'https://evil.example' }, 'access_denied', 'stop'],
    ['nobody', { userId: '', anonymous: true }, 'access_denied', 'stop'],
    ['an older token', { issuedAt: 999 }, 'invalid_token', 'refresh'],
    ['one that is over', { expiresInMs: 0 }, 'invalid_token', 'refresh'],
  ] as const)('5.3 refuses %s, and the connection lives on to its old end', (_, grant, error, action) => {
    const server = playLiveServer({}, { expiresInMs: 60_000, issuedAt: 1_000, issuer: 'https://id.example' })
    server.control(refresh)
    server.accept({ expiresInMs: 90_000, issuedAt: 1_000, issuer: 'https://id.example', ...grant })
    expect(server.said).toEqual(['verify', { type: 'auth_fail', error, action }, 'refresh-refused'])
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
      verdict: {
        ok: true,
        grant: { subject: { userId: 'ada', issuer: 'i' }, sessionId: 's', expiresInMs: 9_000 },
      },
    })
    expect(effects).toMatchObject([
      { type: 'renew', grant: { subject: { userId: 'ada' } }, refreshed: true },
      { type: 'send', text: expect.stringMatching(/,"type":"auth_ok","userId":"ada","expiresInMs":9000}$/) },
    ])
    expect(server.pass(9_000).at(-1)).toMatchObject({ code: 4002 })
  })

  it('5.3 does one at a time; the verdict on the first still counts', () => {
    const server = playLiveServer({}, { expiresInMs: 60_000 })
    server.control(refresh)
    server.control(refresh)
    server.accept({ expiresInMs: 90_000 })
    expect(server.said).toEqual([
      'verify',
      { type: 'auth_fail', error: 'slow_down', action: 'retry', retryAfterMs: 1_000 },
      'refresh-refused',
      'renew',
      { type: 'auth_ok', expiresInMs: 90_000 },
    ])
  })

  it('5.3 takes six in any minute, wherever the minute begins', () => {
    const server = playLiveServer({ refreshesPerMinute: 6 })
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
    const server = playLiveServer({ deadlineMs: 5_000 }, { expiresInMs: 60_000 })
    server.control(refresh)
    server.pass(5_000)
    expect(server.said).toEqual([
      'verify',
      { type: 'auth_fail', error: 'temporarily_unavailable', action: 'retry' },
      'refresh-refused',
    ])
    expect(server.accept({ expiresInMs: 1e9 })).toEqual([])
    expect(server.pass(55_000).at(-1)).toMatchObject({ code: 4002 })
  })

  it.each(['token_expired', 'session_revoked'] as const)('6.1 tells %s as a bad token', (error) => {
    const server = playLiveServer()
    server.control(refresh)
    server.refuse(error)
    expect(server.said[1]).toEqual({ type: 'auth_fail', error: 'invalid_token', action: 'refresh' })
  })

  it('5.7 a refresh that is being verified does not move the end', () => {
    const server = playLiveServer({}, { expiresInMs: 60_000 })
    server.nowMs += 59_000
    server.control(refresh)
    server.nowMs += 1_000
    expect(server.accept({ expiresInMs: 90_000 })).toEqual([close(4002, 'Token expired', 'token_expired')])
  })

  it('drops a verdict that comes a second time', () => {
    const server = playLiveServer({ revalidateMs: 60_000 }, { expiresInMs: 600_000 })
    server.control(refresh)
    server.refuse('invalid_token')
    expect(server.refuse('invalid_token')).toEqual([])
    server.pass(60_000)
    server.accept({ expiresInMs: 540_000 })
    expect(server.refuse('invalid_token')).toEqual([])
    expect(server.mayDeliver).toBe(true)
  })

  it('drops a verdict that nobody waits for', () => {
    const server = playLiveServer({}, { expiresInMs: 60_000 })
    expect(server.accept({ expiresInMs: 1e9 })).toEqual([])
    server.control(refresh)
    expect(
      server.feed({
        type: 'verdict',
        attempt: 1,
        verdict: { ok: true, grant: { subject: { userId: 'ada' }, sessionId: 's1', expiresInMs: 1e9 } },
      }),
    ).toEqual([])
  })
})

describe('another look at a live session', () => {
  it('5.8 happens every revalidateMs, and replaces what is known', () => {
    const server = playLiveServer({ revalidateMs: 60_000 }, { expiresInMs: 1e6 })
    expect(server.pass(60_000)).toEqual([{ type: 'revalidate', attempt: 2 }])
    expect(server.accept({ expiresInMs: 30_000 })).toMatchObject([{ type: 'renew', refreshed: false }])
    expect(server.pass(30_000).at(-1)).toMatchObject({ code: 4002 })
  })

  it('5.8 never moves the end back by the roundness of a clock', () => {
    const server = playLiveServer({ revalidateMs: 60_000 }, { expiresInMs: 600_000 })
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
    const server = playLiveServer({ revalidateMs: 60_000 })
    server.pass(60_000)
    expect(server.refuse(error)).toMatchObject([{ type: 'close', code }])
  })

  it.each(['temporarily_unavailable', 'slow_down', 'timeout', 'service_restart'] as const)(
    '5.8 a look that could not be had ends nothing (%s)',
    (error) => {
      const server = playLiveServer({ revalidateMs: 60_000 })
      server.pass(60_000)
      expect(server.refuse(error)).toEqual([])
      expect(server.pass(60_000)).toEqual([{ type: 'revalidate', attempt: 3 }])
    },
  )

  it.each([
    ['another user', { userId: 'eve' }, 4004],
    ['a credential that is over', { expiresInMs: 0 }, 4002],
  ] as const)('5.8 closes on %s', (_, grant, code) => {
    const server = playLiveServer({ revalidateMs: 60_000 })
    server.pass(60_000)
    expect(server.accept(grant)).toMatchObject([{ type: 'close', code }])
  })

  it('5.8 cannot be dodged by a refresh with a bad token, begun before or after the look', () => {
    const server = playLiveServer({ revalidateMs: 60_000 })
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
    const server = playLiveServer({ revalidateMs: 60_000 })
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
