import { afterEach, describe, expect, it } from 'vitest'
import { type AuthClient, type AuthClientOptions, cookie, query } from '../../src/index.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { playClass } from '../support/sockets-of.ts'
import { authOk, control, play } from '../support/stage.ts'

// One failure contract (DESIGN 4.4): the table, told by frame, by close, or by both.

/** As the specification has it, typed out here rather than read from the table of the code. */
const beforeOpen = [
  ['timeout', 4001, 'Authentication timeout', 'retry'],
  ['invalid_token', 4001, 'Authentication failed', 'refresh'],
  ['invalid_request', 4001, 'Invalid request', 'stop'],
  ['access_denied', 4003, 'Forbidden', 'stop'],
  ['insufficient_scope', 4003, 'Forbidden', 'stop'],
  ['slow_down', 4029, 'Too many attempts', 'retry'],
  ['temporarily_unavailable', 1013, 'Try again later', 'retry'],
  ['service_restart', 1012, 'Service restart', 'retry'],
] as const
/** Told by the close alone. */
const byClose = [
  ...beforeOpen,
  ['token_expired', 4002, 'Token expired', 'refresh'],
  ['session_revoked', 4004, 'Session revoked', 'stop'],
  ['policy_violation', 1008, 'Policy violation', 'stop'],
  ['message_too_big', 1009, 'Message too big', 'stop'],
] as const

const clients: AuthClient[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

/** A client that is told its refusal in a moment, and a new token each time that it asks. */
async function authenticating(options: Partial<AuthClientOptions> = {}) {
  let asked = 0
  const played = play({ token: () => `token-number-${++asked}`, ...options })
  clients.push(played.client)
  await played.settle()
  played.socket().open()
  const close = () => played.told.filter(([name]) => name === 'close').at(-1)?.[1]
  /** Lets the wait that was told pass. */
  const wait = () => played.clock.advanceAsync(Object(close()).retryInMs)
  return { ...played, close, wait, asked: () => asked }
}

describe.each(beforeOpen)('%s', (error, code, reason, action) => {
  const retryInMs = action === 'stop' ? undefined : 500
  const state = action === 'stop' ? 'closed' : 'waiting'

  it('told by frame and close', async () => {
    const { client, socket, told, close } = await authenticating()
    socket().receive({ type: 'auth_fail', error, action })
    socket().end(code, reason)
    expect(told).toContainEqual(['auth_fail', { error, action, retryAfterMs: 0 }])
    expect(close()).toEqual({ code, reason, action, retryInMs })
    expect(client.state).toBe(state)
  })

  it('told by the frame alone: the client closes within 2 s', async () => {
    const { client, clock, socket, close } = await authenticating()
    const first = socket()
    first.receive({ type: 'auth_fail', error, action })
    await clock.advanceAsync(2_000)
    expect(first.closedWith).toBeTruthy()
    expect(close()).toMatchObject({ action })
    expect(['closed', 'waiting', 'connecting', 'authenticating']).toContain(client.state)
    expect(client.state === 'closed').toBe(action === 'stop')
  })

  it('told by a frame whose connection breaks before the close', async () => {
    const { socket, close } = await authenticating()
    socket().receive({ type: 'auth_fail', error, action })
    socket().end(1006)
    expect(close()).toEqual({ code: 1006, reason: '', action, retryInMs })
  })

  it('told by version 0, whose frame has no more than its type', async () => {
    const { socket, close } = await authenticating()
    socket().receive({ type: 'auth_fail' })
    socket().end(code, reason)
    expect(close()).toEqual({ code, reason, action, retryInMs })
  })

  it('told by the class at its close, name and all', async () => {
    const { make, settle } = playClass()
    const played = make()
    await settle()
    FakeWebSocket.last.open()
    FakeWebSocket.last.receive({ type: 'auth_fail', error, action, retryAfterMs: 1_500 })
    FakeWebSocket.last.end(code, reason)
    await settle()
    expect(played.told).toEqual(['error 3', 'close 3'])
    expect(played.end).toMatchObject({ code, reason, wasClean: true, error, action, retryAfterMs: 1_500 })
  })
})

describe.each(byClose)('%s told by the close alone', (_, code, reason, action) => {
  const retryInMs = action === 'stop' ? undefined : 500

  it('while authenticating', async () => {
    const { socket, close } = await authenticating()
    socket().end(code, reason)
    expect(close()).toEqual({ code, reason, action, retryInMs })
  })

  it('once open', async () => {
    const { socket, close } = await authenticating()
    socket().receive(authOk)
    socket().end(code, reason)
    expect(close()).toEqual({ code, reason, action, retryInMs })
  })

  it('with a time to stay away', async () => {
    const { clock, socket, close } = await authenticating()
    socket().end(code, `${reason}; retry-after-ms=2500`)
    expect(close()).toMatchObject({ action, retryInMs: action === 'stop' ? undefined : 3_000 })
    await clock.advanceAsync(2_999)
    expect(FakeWebSocket.made).toHaveLength(1)
    await clock.advanceAsync(1)
    expect(FakeWebSocket.made).toHaveLength(action === 'stop' ? 1 : 2)
  })
})

describe('closes that no table of wsauth names', () => {
  it.each([
    [1000, 'stop'],
    [1001, 'retry'],
    [1002, 'stop'],
    [1003, 'stop'],
    [1004, 'stop'],
    [1005, 'retry'],
    [1006, 'retry'],
    [1007, 'stop'],
    [1008, 'stop'],
    [1009, 'stop'],
    [1010, 'stop'],
    [1011, 'retry'],
    [1012, 'retry'],
    [1013, 'retry'],
    [1014, 'retry'],
    [3000, 'stop'],
    [4000, 'stop'],
    [4005, 'stop'],
    [4028, 'stop'],
    [4290, 'stop'],
    [4999, 'stop'],
  ] as const)('%i is %s', async (code, action) => {
    const { socket, close } = await authenticating()
    socket().receive(authOk)
    socket().end(code)
    expect(close()).toMatchObject({ code, action })
  })

  it.each([
    ['', 'refresh'],
    ['whatever', 'refresh'],
    ['Authentication timeout', 'retry'],
    ['Authentication timeout; retry-after-ms=10', 'retry'],
    ['Invalid request', 'stop'],
  ] as const)('4001 %j without a frame is %s', async (reason, action) => {
    const { socket, close } = await authenticating()
    socket().end(4001, reason)
    expect(close()).toMatchObject({ code: 4001, action })
  })
})

describe('`classify`', () => {
  it.each([
    [3000, 'retry'],
    [4321, 'retry'],
    [4444, 'refresh'],
    [4999, 'stop'],
    [4000, 'stop'],
  ] as const)('decides what the own code %i means: %s', async (code, action) => {
    const heard: unknown[] = []
    const { socket, close } = await authenticating({
      classify: (end) => {
        heard.push(end)
        return ({ 3000: 'retry', 4321: 'retry', 4444: 'refresh' } as const)[end.code]
      },
    })
    socket().receive(authOk)
    socket().end(code, 'mine')
    expect(heard).toEqual([{ code, reason: 'mine' }])
    expect(close()).toMatchObject({ code, reason: 'mine', action })
  })

  it.each([1000, 1001, 1006, 1008, 1011, 4001, 4002, 4003, 4004, 4029])(
    'is not asked about %i, which is not the application’s',
    async (code) => {
      const { socket } = await authenticating({ classify: () => expect.unreachable() })
      socket().receive(authOk)
      socket().end(code)
    },
  )

  it('decides for the class as well', async () => {
    const { make, settle } = playClass({ classify: () => 'retry' })
    const played = make()
    await settle()
    FakeWebSocket.last.open()
    FakeWebSocket.last.receive(authOk)
    FakeWebSocket.last.end(4321)
    await settle()
    expect(played.end).toMatchObject({ code: 4321, action: 'retry' })
  })
})

describe('frame and close disagree', () => {
  it.each([
    ['stop', 1013, 'stop'],
    ['refresh', 4003, 'refresh'],
    ['retry', 4001, 'retry'],
    ['retry', 4004, 'retry'],
    ['stop', 4029, 'stop'],
  ] as const)('%s in the frame wins over %i', async (action, code, expected) => {
    const { socket, close } = await authenticating()
    socket().receive({ type: 'auth_fail', error: 'of_a_later_version', action })
    socket().end(code)
    expect(close()).toMatchObject({ code, action: expected })
  })

  it.each([
    ['explode', 4003, 'stop'],
    [null, 4029, 'retry'],
    [['stop'], 1013, 'retry'],
    [{ stop: true }, 4001, 'refresh'],
    [undefined, 4002, 'refresh'],
  ] as const)('an action of %o is read from the close: %i, %s', async (named, code, action) => {
    const { socket, close } = await authenticating()
    socket().receive({ type: 'auth_fail', error: 'slow_down', action: named })
    socket().end(code)
    expect(close()).toMatchObject({ action })
  })

  it.each([
    [5_000, 'Too many attempts; retry-after-ms=3000', 5_500],
    [3_000, 'Too many attempts; retry-after-ms=5000', 5_500],
    [3_000, 'Too many attempts', 3_500],
    [undefined, 'Too many attempts; retry-after-ms=5000', 5_500],
    [-5, 'Too many attempts; retry-after-ms=-7', 500],
    ['7000', 'Too many attempts; retry-after-ms=1e9', 500],
    [null, 'Too many attempts; retry-after-ms=5000; and more', 500],
    [86_400_000, 'Too many attempts', 3_600_500],
    [1, 'Too many attempts; retry-after-ms=86400000', 3_600_500],
    [1, `Too many attempts; retry-after-ms=${'9'.repeat(90)}`, 3_600_500],
  ])(
    'a time of %o in the frame and %j in the close: %i ms, at most an hour',
    async (retryAfterMs, reason, retryInMs) => {
      const { socket, close } = await authenticating()
      socket().receive({ type: 'auth_fail', error: 'slow_down', action: 'retry', retryAfterMs })
      socket().end(4029, reason)
      expect(close()).toMatchObject({ action: 'retry', retryInMs })
    },
  )
})

describe('what is done', () => {
  it('stop: nothing is dialled and nobody is asked, ever, until connect()', async () => {
    const { client, clock, socket, asked } = await authenticating()
    socket().end(4003, 'Forbidden')
    await clock.advanceAsync(86_400_000)
    expect([client.state, asked(), FakeWebSocket.made.length, clock.pending]).toEqual(['closed', 1, 1, 0])
    client.connect()
    await clock.advanceAsync(0)
    expect([client.state, asked(), FakeWebSocket.made.length]).toEqual(['connecting', 2, 2])
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
    expect([client.state, asked()]).toEqual(['closed', 3])
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

it('a text that looks like a refusal is the application’s once open, and under control it is a refused refresh only', async () => {
  const { client, socket, told } = await authenticating()
  socket().receive(authOk)
  socket().receive('{"type":"auth_fail","error":"access_denied","action":"stop"}')
  expect(told.at(-1)).toEqual(['message', '{"type":"auth_fail","error":"access_denied","action":"stop"}'])
  client.reauthenticate()
  socket().receive(control({ type: 'auth_fail', error: 'access_denied', action: 'stop' }))
  expect(told.at(-1)).toEqual(['auth_fail', { error: 'access_denied', action: 'stop', retryAfterMs: 0 }])
  expect(client.state).toBe('open')
})
