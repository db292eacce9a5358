import { describe, expect, it } from 'vitest'
import { SignInRequired } from '../../src/index.ts'
import { asking, lasting, tokensSent } from '../support/clients.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { playClass } from '../support/sockets-of.ts'
import { authOk, control, play } from '../support/stage.ts'

// When a token provider is called, what it is told, and what becomes of its answer (DESIGN 6).

/** Open, and then nobody is signed in when a refresh asks for a token. */
async function signedOutAtRefresh() {
  const asked = asking()
  await asked.answer('token-one')
  const socket = await asked.open(lasting)
  asked.client.reauthenticate()
  await asked.settle()
  asked.call().fail(new SignInRequired())
  await asked.settle()
  return { ...asked, socket }
}

describe('before a connection', () => {
  it('no socket is made before the token is there, and the token is the first thing on it', async () => {
    const { answer, call, clock, socket } = asking()
    await clock.advanceAsync(9_999)
    expect(FakeWebSocket.made).toEqual([])
    expect(call()).toMatchObject({ reason: 'connect', refused: undefined })
    expect(call().signal).toBeInstanceOf(AbortSignal)
    expect(call().signal.aborted).toBe(false)
    await answer('token-one')
    expect(FakeWebSocket.made).toHaveLength(1)
    expect(socket().sent).toEqual([])
    socket().open()
    expect(socket().sent).toEqual(['{"type":"auth","token":"token-one","v":1}'])
  })

  it('a provider may answer at once, or by a promise', async () => {
    for (const token of [() => 'token-one', async () => 'token-one']) {
      const { client, open } = play({ token })
      await open()
      expect(client.state).toBe('open')
      client.close()
    }
  })

  it('a token that is a string is presented as it is, for every connection', async () => {
    const { client, clock, open, socket } = play({ token: 'a "quoted" tökén' })
    await open()
    socket().end(1006)
    await clock.advanceAsync(500)
    await open()
    expect(FakeWebSocket.made.map(tokensSent)).toEqual([['a "quoted" tökén'], ['a "quoted" tökén']])
    client.close()
  })

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [0, '0'],
    [7, 'number'],
    [{}, 'object'],
    [['token'], 'object'],
  ])(
    'an answer of %o is no token: nothing is dialled with it, and it is told as %j',
    async (answer, said) => {
      const { client, clock, told } = play({ token: () => answer as never })
      await clock.advanceAsync(5_000)
      expect(FakeWebSocket.made).toEqual([])
      const error = expect.objectContaining({ name: 'NoOtherToken', message: `No new token: ${said}` })
      expect(told).toContainEqual(['error', error])
      client.close()
    },
  )
})

describe('what it throws', () => {
  it.each([
    ['an Error', new Error('offline')],
    ['a string', 'offline'],
    ['undefined', undefined],
    ['null', null],
    ['0', 0],
    [
      'an error with members that mean something elsewhere',
      Object.assign(new Error('x'), { type: 'system', nowMs: 0, action: 'explode', code: 4003 }),
    ],
    [
      'an error that cannot be put into JSON',
      Object.assign(new Error('x'), { request: circular(), size: 1n }),
    ],
    ['an error without a prototype', Object.create(null)],
  ])('%s: told as it is, and retried after the wait', async (_, error) => {
    const { client, clock, told, calls, call, settle, answer, open, close } = asking()
    await settle()
    call().fail(error)
    await settle()
    expect(told.filter(([name]) => name === 'error')).toEqual([['error', error]])
    expect(close()).toMatchObject({ action: 'retry', retryInMs: 500 })
    expect([client.state, clock.pending]).toEqual(['waiting', 1])
    await clock.advanceAsync(500)
    expect(calls).toHaveLength(2)
    expect(call()).toMatchObject({ reason: 'connect', refused: undefined })
    await answer('token-one')
    await open()
    expect(client.state).toBe('open')
    expect(
      client
        .explain()
        .map(({ what }) => what)
        .join(),
    ).toContain('error')
  })

  it('each failure doubles the wait', async () => {
    const { client, clock, told } = play({ token: () => Promise.reject(new Error('offline')) })
    await clock.advanceAsync(500 + 1_000 + 2_000)
    const waits = told.flatMap(([name, event]) => (name === 'close' ? [Object(event).retryInMs] : []))
    expect(waits).toEqual([500, 1_000, 2_000, 4_000])
    client.close()
  })

  it.each([
    [
      'thrown',
      () => {
        throw new SignInRequired()
      },
    ],
    ['rejected with', () => Promise.reject(new SignInRequired('Who are you?'))],
  ])('SignInRequired, %s: stop for good, until connect()', async (_, token) => {
    let asked = 0
    const { client, clock, close } = asking({
      token: () => {
        asked++
        return token()
      },
    })
    await clock.advanceAsync(86_400_000)
    expect(close()).toMatchObject({ action: 'stop', retryInMs: undefined })
    expect([client.state, asked, clock.pending, FakeWebSocket.made.length]).toEqual(['closed', 1, 0, 0])
    await expect(client.ready()).rejects.toBeInstanceOf(Error)
    client.connect()
    await clock.advanceAsync(0)
    expect(asked).toBe(2)
  })

  it('SignInRequired at a refresh: not asked again, the connection lives to its end, and no other is made', async () => {
    const { client, clock, answer, open, call, calls, close } = asking()
    await clock.advanceAsync(0)
    await answer('token-one')
    await open(lasting)
    await clock.advanceAsync(700_000)
    call().fail(new SignInRequired())
    await clock.advanceAsync(204_999)
    expect([client.state, calls.length]).toEqual(['open', 2])
    await clock.advanceAsync(1_001)
    expect(close()).toMatchObject({ code: 4002, action: 'stop' })
    await clock.advanceAsync(86_400_000)
    expect([client.state, calls.length, FakeWebSocket.made.length]).toEqual(['closed', 2, 1])
  })

  it.each([1006, 1012, 4001])(
    'SignInRequired at a refresh: whatever else ends it is the end too (%i)',
    async (code) => {
      const { client, close, socket } = await signedOutAtRefresh()
      socket.end(code)
      expect([client.state, close()]).toMatchObject(['closed', { action: 'stop' }])
    },
  )

  it('SignInRequired at a refresh, and then somebody signs in: goes on', async () => {
    const { client, answer, close, of, socket } = await signedOutAtRefresh()
    client.reauthenticate()
    await answer('token-two')
    socket.receive(control({ type: 'auth_ok', expiresInMs: 900_000 }))
    expect(of('refresh')).toHaveLength(1)
    socket.end(1006)
    expect([client.state, close()]).toMatchObject(['waiting', { action: 'retry' }])
  })

  it('the class tells it at the close', async () => {
    for (const [error, action] of [
      [new SignInRequired(), 'stop'],
      [new Error('offline'), 'retry'],
      [Object.assign(new Error('x'), { type: 'system' }), 'retry'],
      // What an application's error has on it is its own.
      [Object.assign(new Error('x'), { action: 'stop' }), 'retry'],
      [Object.assign(new Error('x'), { action: 'refresh', retryAfterMs: 60_000 }), 'retry'],
      [Object.assign(new Error('x'), { wsauth: null }), 'retry'],
      // Of another copy of the package, as bundlers bring.
      [{ ...new SignInRequired() }, 'stop'],
      [undefined, 'retry'],
    ] as const) {
      const { make, settle, clock } = playClass({ token: () => Promise.reject(error) })
      const played = make()
      await settle()
      expect(played.told).toEqual(['error 3', 'close 3'])
      expect(played.end).toMatchObject({ action, wasClean: false, retryAfterMs: 0 })
      expect([FakeWebSocket.made.length, clock.pending]).toEqual([0, 0])
    }
  })
})

describe('in time', () => {
  it('`tokenTimeoutMs`: given up, told so, and its late answer is not used', async () => {
    const { client, clock, calls, call, answer, told, socket } = asking({ tokenTimeoutMs: 3_000 })
    await clock.advanceAsync(2_999)
    expect([client.state, call().signal.aborted]).toEqual(['connecting', false])
    await clock.advanceAsync(1)
    expect([client.state, call().signal.aborted]).toEqual(['waiting', true])
    const timeout = { action: 'retry', reason: 'Timeout: fetching-token' }
    expect(told).toContainEqual(['close', expect.objectContaining(timeout)])
    calls[0]?.answer('too-late')
    await clock.advanceAsync(499)
    expect([client.state, FakeWebSocket.made.length]).toEqual(['waiting', 0])
    await clock.advanceAsync(1)
    expect(calls).toHaveLength(2)
    await answer('in-time')
    socket().open()
    expect(tokensSent(socket())).toEqual(['in-time'])
  })

  it('close() calls it off: the signal is aborted, and its answer dials nothing', async () => {
    const { client, clock, call, answer, told } = asking()
    await clock.advanceAsync(0)
    client.close()
    expect(call().signal.aborted).toBe(true)
    await answer('too-late')
    await clock.advanceAsync(86_400_000)
    expect([FakeWebSocket.made.length, clock.pending, client.state]).toEqual([0, 0, 'closed'])
    expect(told.filter(([name]) => name === 'error')).toEqual([])
  })

  it('close() and connect() while it is asked: the first answer is not the second one’s', async () => {
    const { client, clock, calls, socket } = asking()
    await clock.advanceAsync(0)
    client.close()
    client.connect()
    calls[0]?.answer('of-the-first')
    await clock.advanceAsync(0)
    expect(calls).toHaveLength(2)
    calls[1]?.answer('of-the-second')
    await clock.advanceAsync(0)
    expect(FakeWebSocket.made).toHaveLength(1)
    socket().open()
    expect(tokensSent(socket())).toEqual(['of-the-second'])
  })

  it('one call at a time: the next waits for one that was called off', async () => {
    const { client, clock, calls, call, answer, open, socket } = asking()
    await answer('token-one')
    await open(lasting)
    client.reauthenticate()
    await clock.advanceAsync(0)
    socket().end(1006)
    await clock.advanceAsync(5_000)
    expect([client.state, calls.length]).toEqual(['connecting', 2])
    expect(call().signal.aborted).toBe(true)
    call().answer('too-late')
    await clock.advanceAsync(0)
    expect(calls).toHaveLength(3)
    await answer('token-three')
    await open(lasting)
    expect(tokensSent(socket())).toEqual(['token-three'])
    expect(clock.pending).toBe(1)
  })

  it('one call at a time, also where it fails, and through close() and connect()', async () => {
    const { client, clock, calls, call } = asking()
    await clock.advanceAsync(0)
    for (let n = 0; n < 3; n++) {
      client.close()
      client.connect()
      await clock.advanceAsync(1_000)
    }
    expect(calls).toHaveLength(1)
    call().fail(new Error('Aborted'))
    await clock.advanceAsync(0)
    expect([calls.length, client.state]).toEqual([2, 'connecting'])
    client.close()
    expect(clock.pending).toBe(0)
  })

  it('one that never answers is waited for until it has had its time, and hangs nobody', async () => {
    const { client, clock, calls, answer, open } = asking({ tokenTimeoutMs: 3_000 })
    await clock.advanceAsync(1_000)
    client.close()
    expect(clock.pending).toBe(0)
    client.connect()
    await clock.advanceAsync(1_999)
    expect(calls).toHaveLength(1)
    await clock.advanceAsync(1)
    expect(calls).toHaveLength(2)
    await answer('token-one')
    await open(lasting)
    expect([client.state, clock.pending]).toEqual(['open', 1])
  })

  it('the end of the connection calls off the refresh under way', async () => {
    const { client, clock, answer, open, call } = asking()
    await clock.advanceAsync(0)
    await answer('token-one')
    const socket = await open()
    client.reauthenticate()
    await clock.advanceAsync(0)
    expect([call().reason, call().signal.aborted]).toEqual(['refresh', false])
    socket.end(1006)
    expect(call().signal.aborted).toBe(true)
  })

  it.each([
    ['connectTimeoutMs', 'connecting'],
    ['authTimeoutMs', 'authenticating'],
  ] as const)('`%s` bounds %s, and what comes later counts for nothing', async (option, state) => {
    const { client, clock, answer, socket, close, told } = asking({ [option]: 700 })
    await clock.advanceAsync(0)
    await answer('token-one')
    const first = socket()
    if (state === 'authenticating') first.open()
    await clock.advanceAsync(699)
    expect(client.state).toBe(state)
    await clock.advanceAsync(1)
    expect(close()).toMatchObject({ code: 1006, action: 'retry', retryInMs: 500 })
    expect(first.closedWith).toBeTruthy()
    if (state === 'connecting') first.open()
    first.receive(authOk)
    first.receive('late')
    first.end(4003)
    expect(client.state).toBe('waiting')
    expect(first.sent).toHaveLength(state === 'authenticating' ? 1 : 0)
    expect(told.filter(([name]) => name === 'open' || name === 'message')).toEqual([])
  })

  it('no other timer than the one that is due next is left waiting at any time', async () => {
    const { client, clock, answer, open } = asking()
    await clock.advanceAsync(0)
    await answer('token-one')
    const socket = await open()
    expect(clock.pending).toBe(1)
    client.reauthenticate()
    await answer('token-two')
    socket.receive(control({ type: 'auth_ok', expiresInMs: 900_000 }))
    expect(clock.pending).toBe(1)
    socket.end(1006)
    expect(clock.pending).toBe(1)
  })
})

function circular(): object {
  const object: Record<string, unknown> = {}
  object.itself = object
  return object
}
