import { describe, expect, it } from 'vitest'
import { cookie, query } from '../../src/index.ts'
import { authenticating } from '../support/clients.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { authOk } from '../support/stage.ts'

// stop, refresh and retry: what is done after each (DESIGN 4.4 and 6).

describe('what is done', () => {
  it('stop: nothing is dialled and nobody is asked, ever, until connect()', async () => {
    const { client, clock, socket, asked } = await authenticating()
    socket().end(4003, 'Forbidden')
    await clock.advanceAsync(86_400_000)
    expect([client.state, asked.length, FakeWebSocket.made.length, clock.pending]).toEqual([
      'closed',
      1,
      1,
      0,
    ])
    client.connect()
    await clock.advanceAsync(0)
    expect([client.state, asked.length, FakeWebSocket.made.length]).toEqual(['connecting', 2, 2])
  })

  it('refresh: one more call with the refused one named, one more connection after the wait; then stop', async () => {
    const asked: unknown[] = []
    const { client, clock, socket, close } = await authenticating({
      token: ({ reason, refused }) => {
        asked.push([reason, refused])
        return `token-number-${asked.length}`
      },
    })
    socket().end(4001, 'Authentication failed')
    await clock.advanceAsync(499)
    expect([asked.length, FakeWebSocket.made.length]).toEqual([1, 1])
    await clock.advanceAsync(1)
    expect(asked.at(-1)).toEqual(['refused', 'token-number-1'])
    socket().open()
    socket().end(4001, 'Authentication failed')
    await clock.advanceAsync(86_400_000)
    expect(close()).toMatchObject({ code: 4001, action: 'stop', retryInMs: undefined })
    expect([client.state, asked.length, FakeWebSocket.made.length]).toEqual(['closed', 2, 2])
  })

  it('refresh: a lost connection between the two refusals does not make a third attempt', async () => {
    const { client, clock, socket, asked } = await authenticating()
    socket().end(4001, 'Authentication failed')
    await clock.advanceAsync(500)
    socket().end(1006)
    expect(client.state).toBe('waiting')
    await clock.advanceAsync(1_000)
    socket().open()
    socket().end(4001, 'Authentication failed')
    expect([client.state, asked.length]).toEqual(['closed', 3])
  })

  it('refresh: an auth_ok in between is a new start', async () => {
    const { client, wait, socket } = await authenticating()
    for (let n = 0; n < 3; n++) {
      socket().end(4001, 'Authentication failed')
      await wait()
      socket().open()
      socket().receive({ ...authOk, heartbeatMs: undefined })
      socket().end(4002, 'Token expired')
      await wait()
      socket().open()
      socket().receive({ ...authOk, heartbeatMs: undefined })
      expect(client.state).toBe('open')
    }
  })

  it('retry: the provider is asked for the next attempt as for the first', async () => {
    const reasons: unknown[] = []
    const { wait, socket } = await authenticating({
      token: ({ reason, refused }) => {
        reasons.push([reason, refused])
        return 'always-the-same'
      },
    })
    for (let n = 0; n < 4; n++) {
      socket().end(1013, 'Try again later')
      await wait()
      socket().open()
    }
    expect(reasons).toEqual(Array.from({ length: 5 }, () => ['connect', undefined]))
  })

  it('retry: full jitter, doubled from 1 s to 30 s, never under 100 ms', async () => {
    let share = 0.999_999
    const { wait, socket, close } = await authenticating({ random: () => share })
    const waits: number[] = []
    for (let n = 0; n < 8; n++) {
      socket().end(1006)
      waits.push(Math.round(Object(close()).retryInMs))
      await wait()
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
    share = 0
    socket().end(1006)
    expect(close()).toMatchObject({ retryInMs: 100 })
  })

  it('`reconnect` sets both ends of the wait', async () => {
    const { wait, socket, close } = await authenticating({
      reconnect: { minDelayMs: 4_000, maxDelayMs: 5_000 },
    })
    const waits: unknown[] = []
    for (let n = 0; n < 3; n++) {
      socket().end(1006)
      waits.push(Object(close()).retryInMs)
      await wait()
    }
    expect(waits).toEqual([2_000, 2_500, 2_500])
    socket().end(4029, '; retry-after-ms=1000')
    expect(close()).toMatchObject({ retryInMs: 3_000 })
  })

  it('`reconnect: false`: the action is told, and left to the application', async () => {
    const { client, clock, socket, close } = await authenticating({ reconnect: false })
    socket().end(4029, 'Too many attempts; retry-after-ms=1000')
    expect(close()).toMatchObject({ action: 'retry', retryInMs: undefined })
    expect([client.state, clock.pending]).toEqual(['closed', 0])
  })
})

describe('methods that have no token of their own, or no answer', () => {
  it('cookie(): one second chance after a refusal, then stop', async () => {
    const { client, clock, socket, close } = await authenticating({ token: undefined, method: cookie() })
    socket().receive({ type: 'auth_fail', error: 'invalid_token', action: 'refresh' })
    socket().end(4001, 'Authentication failed')
    expect(close()).toMatchObject({ action: 'refresh' })
    await clock.advanceAsync(500)
    socket().open()
    socket().receive({ type: 'auth_fail', error: 'invalid_token', action: 'refresh' })
    socket().end(4001, 'Authentication failed')
    expect(close()).toMatchObject({ action: 'stop' })
    expect([client.state, FakeWebSocket.made.length]).toEqual(['closed', 2])
  })

  it('version 0: 5 s of life stand for the auth_ok that cannot come', async () => {
    const { client, clock, socket } = await authenticating({ method: query(), version: 0 })
    expect(client.state).toBe('open')
    await clock.advanceAsync(6_000)
    socket().end(4001, 'Authentication failed')
    await clock.advanceAsync(500)
    socket().open()
    await clock.advanceAsync(6_000)
    socket().end(4001, 'Authentication failed')
    await clock.advanceAsync(500)
    socket().open()
    expect(client.state).toBe('open')
    await clock.advanceAsync(4_999)
    socket().end(4001, 'Authentication failed')
    expect(client.state).toBe('closed')
  })
})
