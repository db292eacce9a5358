import { describe, expect, it } from 'vitest'
import { endless, lasting, living, refreshWith } from '../support/clients.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { authOk, control } from '../support/stage.ts'

// What else happens to a connection that is open: demands, drain, heartbeat, expiry, sleep (DESIGN 4.3 and 6).

describe('auth_required', () => {
  it.each(['expiring', 'revoked', 'step_up', 'of_a_later_version'])(
    '%s: a newer token, at once',
    async (reason) => {
      const { clock, open, asked, of } = living()
      const socket = await open(lasting)
      socket.receive(control({ type: 'auth_required', deadlineMs: 5_000, reason }))
      await clock.advanceAsync(0)
      expect(asked).toEqual(['connect', 'refresh'])
      expect(socket.sent.at(-1)).toBe(refreshWith(2))
      socket.receive(control({ type: 'auth_ok', expiresInMs: 900_000 }))
      expect(of('refresh')).toEqual([{ expiresInMs: 900_000 }])
      expect(of('message')).toEqual([])
    },
  )

  it.each([
    [4002, 'Token expired', 'refresh', 500],
    [4004, 'Session revoked', 'stop', undefined],
    [4001, 'Authentication timeout', 'retry', 500],
  ] as const)('not met: %i %s is %s', async (code, reason, action, retryInMs) => {
    const { clock, open, close } = living({
      token: ({ reason }) => (reason === 'connect' ? 'one' : new Promise(() => {})),
    })
    const socket = await open(lasting)
    socket.receive(control({ type: 'auth_required', deadlineMs: 5_000, reason: 'revoked' }))
    await clock.advanceAsync(5_000)
    socket.end(code, reason)
    expect(close()).toEqual({ code, reason, action, retryInMs })
  })
})

describe('going_away', () => {
  it('does not close: it may still send and receive, and comes back that long after the close', async () => {
    const { client, clock, open, of, close } = living()
    const socket = await open(endless)
    socket.receive(control({ type: 'going_away', retryAfterMs: 7_000 }))
    await clock.advanceAsync(3_600_000)
    expect([client.state, socket.closedWith]).toEqual(['open', undefined])
    client.send('still sent')
    socket.receive('still heard')
    expect([socket.sent.at(-1), of('message')]).toEqual(['still sent', ['still heard']])
    socket.end(1012, 'Service restart; retry-after-ms=2000')
    expect(close()).toMatchObject({ code: 1012, action: 'retry', retryInMs: 7_500 })
    await clock.advanceAsync(7_499)
    expect(FakeWebSocket.made).toHaveLength(1)
    await clock.advanceAsync(1)
    expect(FakeWebSocket.made).toHaveLength(2)
  })

  it.each([
    [[7_000, 3_000], 1012, 3_500],
    [[3_000], 1006, 3_500],
    [[3_000], 1001, 3_500],
    [[1], 1012, 100],
    [[7_200_000], 1012, 3_600_500],
    [[-1], 1012, 500],
    [['soon'], 1012, 500],
  ] as const)('%o, then %i: back after %i ms', async (times, code, retryInMs) => {
    const { open, close } = living(times[0] === 1 ? { random: () => 0 } : {})
    const socket = await open(endless)
    for (const retryAfterMs of times) socket.receive(control({ type: 'going_away', retryAfterMs }))
    socket.end(code)
    expect(close()).toMatchObject({ action: 'retry', retryInMs })
  })

  it('a refresh goes through meanwhile, and the time is kept', async () => {
    const { client, clock, open, close, of } = living()
    const socket = await open(lasting)
    socket.receive(control({ type: 'going_away', retryAfterMs: 7_000 }))
    client.reauthenticate()
    await clock.advanceAsync(0)
    socket.receive(control({ type: 'auth_ok', expiresInMs: 900_000 }))
    expect(of('refresh')).toHaveLength(1)
    socket.end(1006)
    expect(close()).toMatchObject({ retryInMs: 7_500 })
  })

  it('a revocation meanwhile is still final', async () => {
    const { open, close } = living()
    const socket = await open(lasting)
    socket.receive(control({ type: 'going_away', retryAfterMs: 7_000 }))
    socket.end(4004, 'Session revoked')
    expect(close()).toMatchObject({ action: 'stop' })
  })
})

describe('heartbeat', () => {
  it.each([
    ['a ping', control({ type: 'ping' })],
    ['a text', 'hello'],
    ['bytes', new ArrayBuffer(1)],
    ['control of a later version', control({ type: 'later' })],
  ])('%s from the server keeps it alive', async (_, data) => {
    const { client, clock, open } = living()
    const socket = await open({ ...authOk, expiresInMs: undefined })
    for (let n = 0; n < 5; n++) {
      await clock.advanceAsync(49_999)
      socket.receive(data)
    }
    expect(client.state).toBe('open')
    await clock.advanceAsync(49_999)
    expect(client.state).toBe('open')
    await clock.advanceAsync(1)
    expect(client.state).toBe('waiting')
  })

  it('what the client says does not', async () => {
    const { client, clock, open, close } = living()
    const socket = await open({ ...authOk, expiresInMs: undefined })
    for (let n = 0; n < 5; n++) {
      client.send('hello')
      await clock.advanceAsync(10_000)
    }
    expect(close()).toMatchObject({ code: 1006, action: 'retry', retryInMs: 500 })
    expect(socket.closedWith).toBeTruthy()
  })

  it.each([undefined, 0, -1, '25000', null])('none where the server names none: %o', async (heartbeatMs) => {
    const { client, clock, open } = living()
    await open({ ...authOk, expiresInMs: undefined, heartbeatMs })
    await clock.advanceAsync(86_400_000)
    expect(client.state).toBe('open')
  })
})

describe('expiry and sleep', () => {
  it('from the end on nothing is sent; it waits, and goes out after the refresh, in order, once', async () => {
    const { client, clock, open, socket } = living({
      token: ({ reason }) =>
        reason === 'connect' ? 'one' : new Promise((resolve) => clock.schedule(3_000, () => resolve('two'))),
    })
    await open({ ...lasting, expiresInMs: 10_000 })
    client.send('in time')
    await clock.advanceAsync(7_750)
    clock.sleep(2_250)
    client.send('late 1')
    client.send('late 2')
    expect(socket().sent.slice(1)).toEqual(['in time'])
    await clock.advanceAsync(1_000)
    expect(socket().sent.at(-1)).toBe(control({ type: 'auth', token: 'two' }))
    socket().receive(control({ type: 'auth_ok', expiresInMs: 10_000 }))
    expect(socket().sent.slice(3)).toEqual(['late 1', 'late 2'])
    expect(FakeWebSocket.made).toHaveLength(1)
  })

  it('what could not be sent before the end is sent on the next connection', async () => {
    const { client, clock, open, socket } = living({
      token: ({ reason }) => (reason === 'refresh' ? new Promise(() => {}) : reason),
    })
    await open({ ...lasting, expiresInMs: 10_000 })
    await clock.advanceAsync(10_000)
    client.send('late')
    // The provider's call that hangs is waited for until it has had its time.
    await clock.advanceAsync(7_749)
    expect(FakeWebSocket.made).toHaveLength(1)
    await clock.advanceAsync(1)
    await open()
    expect(FakeWebSocket.made).toHaveLength(2)
    expect(socket().sent).toEqual(['{"type":"auth","token":"refused","v":1}', 'late'])
  })

  it.each([0, 20_000, 86_400_000])(
    'after a sleep to %i ms past the end nothing goes out on the old connection',
    async (ms) => {
      const { client, clock, open } = living()
      const socket = await open({ ...lasting, expiresInMs: 900_000 })
      clock.sleep(900_000 + ms)
      client.send('stale')
      expect(socket.sent).toHaveLength(1)
      await clock.advanceAsync(0)
      expect(socket.sent).not.toContain('stale')
      expect(client.state).toBe(ms < 5_000 ? 'open' : 'waiting')
    },
  )

  it('a sleep to within the last part of the life: refreshed at once', async () => {
    const { clock, open } = living()
    const socket = await open(lasting)
    clock.sleep(890_000)
    await clock.advanceAsync(0)
    expect(socket.sent.at(-1)).toBe(refreshWith(2))
  })

  it('a sleep of two heartbeats: the link is taken for dead', async () => {
    const { client, clock, open, close } = living()
    await open({ ...authOk, expiresInMs: undefined })
    clock.sleep(50_000)
    await clock.advanceAsync(0)
    expect(close()).toMatchObject({ code: 1006, action: 'retry' })
    expect(client.state).toBe('waiting')
  })

  it('a sleep while it waits: dialled once, and the wait is not counted again', async () => {
    const { clock, open } = living()
    const socket = await open()
    socket.end(1006)
    clock.sleep(86_400_000)
    await clock.advanceAsync(0)
    expect(FakeWebSocket.made).toHaveLength(2)
  })
})
