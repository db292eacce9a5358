import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PlayedClient } from '../testing/played-client.ts'

const channel = 'channel-of-16-ch'
const control = (members: string): string => `{"wsauth":"${channel}",${members}}`

/** An open connection of version 1; `more` are further members of its auth_ok. */
function open(more = '', share = 0): PlayedClient {
  const client = new PlayedClient({}, share)
  client.connect()
  client.text(`{"type":"auth_ok","userId":"u","v":1,"channel":"${channel}"${more}}`)
  return client
}

describe('control', () => {
  it('5.1 shows the application everything that does not start with the channel, byte for byte', () => {
    for (const text of [
      'hello',
      '{"type":"auth_ok"}',
      '{"type":"auth_fail"}',
      ` ${control('"type":"ping"')}`,
      '{"wsauth":"another-channel_","type":"ping"}',
      `{"type":"ping","wsauth":"${channel}"}`,
      `{ "wsauth":"${channel}","type":"ping"}`,
      `{"wsauth":"${channel}"}`,
      undefined,
    ]) {
      expect(open().text(text)).toEqual({ message: text })
    }
  })

  it.each(['"type":"later"', '"type":"ping"'])('5.2 takes %s for itself', (members) => {
    const client = open()
    expect(client.text(control(members))).not.toHaveProperty('message')
    expect(client.maySend).toBe(true)
  })

  it('5.1 stays what it is, whatever the application hears in between', () => {
    const client = open()
    client.text('hello')
    expect(client.text(control('"type":"ping"'))).not.toHaveProperty('message')
  })

  it('5.6 nothing but going_away says what the end will ask for', () => {
    const client = open()
    client.text(control('"type":"ping","action":"stop","retryAfterMs":9000'))
    expect(client.close(1006)).toMatchObject({ closed: { action: 'retry', retryAfterMs: 0 } })
  })

  it('5.3 a token that comes while the connection closes is not presented, and dials nothing', () => {
    const client = open()
    client.feed({ type: 'refresh' })
    client.feed({ type: 'leave', event: {} })
    expect(client.state.name).toBe('closing')
    expect(client.present('t2')).toEqual({})
    expect(client.feed({ type: 'token-failed', event: { action: 'retry' } })).toEqual({})
    expect(client.close(1000)).toMatchObject({ closed: { action: 'stop' } })
  })

  it.each([
    control('"type":"auth","token":"t"'),
    control('"type":5'),
    control('"type":["ping"]'),
    control('"token":"t"'),
    `{"wsauth":"${channel}",`,
  ])('5.2 closes on %s', (text) => {
    expect(open().text(text)).toMatchObject({
      closed: { code: 1002, reason: 'Protocol error', action: 'stop' },
    })
  })
})

it('5.2 closes on an auth_ok that no refresh waits for', () => {
  const answer = control('"type":"auth_ok","expiresInMs":9000')
  const broken = { closed: { code: 1002, reason: 'Protocol error', action: 'stop' } }
  expect(open().text(answer)).toMatchObject(broken)
  const asking = open()
  asking.feed({ type: 'refresh' })
  // The provider was asked, the server was not.
  expect(asking.text(answer)).toMatchObject(broken)
  const answered = open()
  answered.feed({ type: 'refresh' })
  answered.present('t2')
  answered.text(answer)
  expect(answered.text(answer)).toMatchObject(broken)
})

it('5.2 an answer after its time is in its place, beside that of the next refresh', () => {
  const client = open()
  client.feed({ type: 'refresh' })
  client.present('t2')
  client.pass(10_000)
  client.pass(1_000)
  client.present('t3')
  expect(client.text(control('"type":"auth_ok"'))).toMatchObject({ told: { type: 'auth_ok' } })
  expect(client.text(control('"type":"auth_ok"'))).toMatchObject({ told: { type: 'auth_ok' } })
  expect(client.text(control('"type":"auth_ok"'))).toMatchObject({ closed: { code: 1002 } })
})

describe('refresh', () => {
  it('5.10 there is none where no newer token can be had: neither ahead of the end, nor on demand', () => {
    const client = new PlayedClient({ renews: false })
    client.connect()
    client.text(`{"type":"auth_ok","userId":"u","v":1,"channel":"${channel}","expiresInMs":100000}`)
    expect(client.feed({ type: 'refresh' })).toEqual({})
    expect(
      client.text(control('"type":"auth_required","deadlineMs":1000,"reason":"expiring"')),
    ).not.toHaveProperty('fetchToken')
    expect(client.pass(99_999)).toEqual([])
    expect(client.pass(1)).toMatchObject([{ closed: { code: 4002, action: 'refresh' } }])
  })

  it.each([
    [0, 70_000],
    [0.5, 77_500],
    [1, 85_000],
  ])('5.10 with share %s begins %s ms into a life of 100 s', (share, ms) => {
    const client = open(',"expiresInMs":100000', share)
    expect(client.pass(ms - 1)).toEqual([])
    expect(client.pass(1)).toEqual([{ fetchToken: 'refresh' }])
    expect(client.present('t2')).toEqual({
      send: control('"type":"auth","token":"t2"'),
    })
    expect(client.text(control('"type":"auth_ok","expiresInMs":50000'))).toMatchObject({
      told: { type: 'auth_ok' },
    })
    expect(client.pass(34_999)).toEqual([])
    expect(client.pass(8_000)).toEqual([{ fetchToken: 'refresh' }])
  })

  it('5.10 a credential without end is not refreshed', () => {
    expect(open().pass(1_000_000_000)).toEqual([])
  })

  it('5.10 sends nothing once the credential has ended, and gives up a little later', () => {
    const client = open(',"expiresInMs":100000')
    client.pass(99_999)
    expect(client.maySend).toBe(true)
    client.pass(1)
    expect(client.maySend).toBe(false)
    // Woken, it finds that the server may still forgive.
    expect(client.feed({ type: 'due' })).toEqual({})
    expect(client.pass(5_000).at(-1)).toMatchObject({
      closed: { code: 4002, reason: 'Token expired', action: 'refresh' },
    })
  })

  it('5.4 follows auth_required at once, and only one at a time', () => {
    const client = open()
    const required = control('"type":"auth_required","deadlineMs":1000,"reason":"step_up"')
    expect(client.text(required)).toMatchObject({ told: { reason: 'step_up' }, fetchToken: 'refresh' })
    expect(client.text(required).fetchToken).toBe(undefined)
    expect(client.feed({ type: 'refresh' })).toEqual({})
  })

  it('5.4 a server that demands one after the other is followed once a second', () => {
    const client = open()
    const required = control('"type":"auth_required","deadlineMs":1000,"reason":"expiring"')
    client.text(required)
    client.nowMs += 200
    client.present('t2')
    client.text(control('"type":"auth_ok"'))
    expect(client.text(required)).toEqual({ told: expect.anything() })
    expect(client.pass(799)).toEqual([])
    expect(client.pass(1)).toEqual([{ fetchToken: 'refresh' }])
    client.present('t3')
    client.text(control('"type":"auth_ok"'))
    client.nowMs += 1_000
    expect(client.text(required).fetchToken).toBe('refresh')
  })

  it.each([1, 0, -1, 200])('5.10 a life of %s ms is refreshed once a second', (ms) => {
    const client = open(`,"expiresInMs":${ms}`)
    expect(client.pass(1_000)).toEqual([{ fetchToken: 'refresh' }])
    for (let n = 0; n < 10; n++) {
      client.present('t2')
      client.text(control(`"type":"auth_ok","expiresInMs":${ms}`))
      const begun = client.pass(1_000)
      expect(begun).toEqual([{ fetchToken: 'refresh' }])
    }
  })

  it('5.3 a refused refresh asks the provider once more, not twice', () => {
    const client = open(',"expiresInMs":100000')
    const refused = control('"type":"auth_fail","error":"invalid_token","action":"refresh"')
    client.feed({ type: 'refresh' })
    client.present('t2')
    expect(client.text(refused)).toMatchObject({ told: { type: 'auth_fail' }, fetchToken: 'refused' })
    client.present('t3')
    expect(client.text(refused).fetchToken).toBe(undefined)
    expect(client.maySend).toBe(true)
    expect(client.pass(95_000)).toEqual([])
  })

  it('5.3 an action that is none of the three is read as refresh', () => {
    const client = open(',"expiresInMs":100000')
    client.feed({ type: 'refresh' })
    client.present('t2')
    expect(client.text(control('"type":"auth_fail","action":"wait"'))).toMatchObject({
      fetchToken: 'refused',
    })
  })

  it('5.3 one that failed is tried again, not before the time that the server said', () => {
    const client = open(',"expiresInMs":100000')
    client.feed({ type: 'refresh' })
    client.present('t2')
    client.text(control('"type":"auth_fail","error":"slow_down","action":"retry","retryAfterMs":7000'))
    expect(client.pass(6_999)).toEqual([])
    expect(client.pass(1_001)).toEqual([{ fetchToken: 'refresh' }])
    expect(client.feed({ type: 'token-failed', event: { action: 'retry' } })).toEqual({})
    expect(client.pass(2_000)).toEqual([{ fetchToken: 'refresh' }])
  })

  it('6.8 those that fail come further and further apart', () => {
    const client = open(',"expiresInMs":100000', 0.5)
    client.feed({ type: 'refresh' })
    for (const ms of [500, 1_000, 2_000, 4_000]) {
      client.feed({ type: 'token-failed', event: { action: 'retry' } })
      expect(client.pass(ms - 1)).toEqual([])
      expect(client.pass(1)).toEqual([{ fetchToken: 'refresh' }])
    }
  })

  it('does nothing when it is woken before its time', () => {
    const client = open(',"expiresInMs":100000')
    expect(client.feed({ type: 'due' })).toEqual({})
  })

  it('5.3 one that is never answered failed', () => {
    const client = open(',"expiresInMs":100000')
    client.feed({ type: 'refresh' })
    client.present('t2')
    expect(client.pass(9_999)).toEqual([])
    expect(client.pass(3_000).at(-1)).toEqual({ fetchToken: 'refresh' })
  })

  it('5.3 one that never will work is not tried again, and the connection lives on', () => {
    const client = open(',"expiresInMs":100000')
    client.feed({ type: 'refresh' })
    client.feed({ type: 'token-failed', event: { action: 'stop' } })
    expect(client.pass(99_999)).toEqual([])
    expect(client.maySend).toBe(true)
  })

  it('P6 a token that was refused with stop is not presented on that connection again, another one is', () => {
    const client = open(',"expiresInMs":100000')
    const required = control('"type":"auth_required","deadlineMs":9000,"reason":"expiring"')
    client.feed({ type: 'refresh' })
    client.present('t2')
    client.text(control('"type":"auth_fail","error":"access_denied","action":"stop"'))
    for (const again of [1, 2]) {
      client.nowMs += 5_000 * again
      expect(client.text(required).fetchToken).toBe('refresh')
      expect(client.present('t2')).toEqual({})
      expect(client.maySend).toBe(true)
    }
    expect(client.feed({ type: 'refresh' })).toEqual({ fetchToken: 'refresh' })
    expect(client.present('t3')).toHaveProperty('send')
  })

  it('5.3 a provider that has no token refuses none: the one that the connection stands on may be presented again', () => {
    const client = open(',"expiresInMs":100000')
    client.feed({ type: 'refresh' })
    client.feed({ type: 'token-failed', event: { action: 'stop' } })
    client.feed({ type: 'refresh' })
    expect(client.present('t')).toHaveProperty('send')
  })

  it('5.3 a token that comes after its time is still presented', () => {
    const client = open(',"expiresInMs":100000')
    client.feed({ type: 'refresh' })
    client.pass(10_000)
    expect(client.present('t2')).toEqual({ send: control('"type":"auth","token":"t2"') })
    expect(client.pass(9_999)).toEqual([])
  })
})

describe('liveness and drain', () => {
  it('5.5 gives up after two heartbeats of silence', () => {
    const client = open(',"heartbeatMs":1000')
    client.pass(1_000)
    client.text(control('"type":"ping"'))
    expect(client.pass(1_999)).toEqual([])
    expect(client.pass(1)).toMatchObject([
      { closed: { code: 1006, reason: 'Timeout: open', action: 'retry' } },
    ])
  })

  it.each(['"25000"', '0', '-5', 'null', '1e400'])('5.5 a heartbeat of %s is none', (heartbeatMs) => {
    const client = open(`,"heartbeatMs":${heartbeatMs}`)
    expect(client.pass(1e9)).toEqual([])
  })

  it('5.6 comes back after the time that it was told, which the close cannot shorten', () => {
    const client = open()
    client.text(control('"type":"going_away","retryAfterMs":7000'))
    expect(client.maySend).toBe(true)
    expect(client.close(1012, 'Service restart; retry-after-ms=5')).toMatchObject({
      closed: { action: 'retry', retryAfterMs: 7_000 },
    })
    const webkit = open()
    webkit.text(control('"type":"going_away","retryAfterMs":7000'))
    expect(webkit.close(1006)).toMatchObject({ closed: { action: 'retry', retryAfterMs: 7_000 } })
  })

  it('waits for nothing but the closing itself once it closes', () => {
    const client = open(',"heartbeatMs":1000,"expiresInMs":3000')
    client.feed({ type: 'leave', event: {} })
    client.nowMs += 1_500
    expect(client.dueAtMs).toBe(3_000)
  })
})

it('a due time that has come moves forward or ends the connection, whatever the server said', () => {
  const number = fc.oneof(fc.double({ min: 0.001, max: 1e7, noNaN: true }), fc.constantFrom(0, -1))
  const acts = fc.array(
    fc.record({
      act: fc.constantFrom('pass', 'heard', 'required', 'ok', 'fail', 'token', 'failed', 'close', 'away'),
      ms: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
    }),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(
      number,
      number,
      fc.double({ min: 0, max: 1, noNaN: true }),
      acts,
      (expiresInMs, heartbeatMs, share, acts) => {
        const client = open(
          `,"expiresInMs":${JSON.stringify(expiresInMs)},"heartbeatMs":${JSON.stringify(heartbeatMs)}`,
          share,
        )
        for (const { act, ms } of acts) {
          if (act === 'heard') client.text(control('"type":"ping"'))
          if (act === 'required') client.text(control('"type":"auth_required"'))
          if (act === 'ok') client.present(`t${client.nowMs}`)
          if (act === 'ok') client.text(control(`"type":"auth_ok","expiresInMs":${ms}`))
          if (act === 'fail') client.text(control(`"type":"auth_fail","action":"retry","retryAfterMs":${ms}`))
          if (act === 'token') client.present('t2')
          if (act === 'failed') client.feed({ type: 'token-failed', event: { action: 'retry' } })
          if (act === 'close') client.feed({ type: 'leave', event: {} })
          if (act === 'away') client.text(control('"type":"going_away"'))
          if (act !== 'pass') continue
          const untilMs = client.nowMs + ms
          for (let turns = 0; client.dueAtMs <= untilMs && turns < 50; turns++) {
            client.nowMs = Math.max(client.nowMs, client.dueAtMs)
            client.feed({ type: 'due' })
            expect(client.dueAtMs).toBeGreaterThan(client.nowMs)
          }
          client.nowMs = untilMs
        }
      },
    ),
    { numRuns: 2_000 },
  )
})
