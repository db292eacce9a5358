import { describe, expect, it } from 'vitest'
import { authenticating } from '../support/clients.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { playClass } from '../support/sockets-of.ts'
import { authOk, control } from '../support/stage.ts'

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
  it('P5 sees no token, where the server put it into the reason', async () => {
    const heard: unknown[] = []
    const { socket } = await authenticating({
      classify: ({ reason }) => {
        heard.push(reason)
        return 'stop'
      },
    })
    socket().receive(authOk)
    socket().end(4321, 'no token-number-1 here')
    expect(heard).toEqual(['[secret]'])
  })

  it.each(['bogus', Promise.resolve('retry'), {}, 1, true, ''])(
    'its answer %o is none: stop',
    async (answer) => {
      const { socket, close } = await authenticating({ classify: () => answer as never })
      socket().receive(authOk)
      socket().end(4321)
      expect(close()).toMatchObject({ action: 'stop', retryInMs: undefined })
    },
  )

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

  it('that throws ends the connection all the same, and is told in its end', async () => {
    const { client, close, socket } = await authenticating({
      classify: () => {
        throw new Error('mine')
      },
    })
    expect(() => socket().end(4500)).not.toThrow()
    expect(close()).toMatchObject({ code: 1006, reason: 'Error: mine', action: 'retry' })
    expect(client.state).toBe('waiting')
  })

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
