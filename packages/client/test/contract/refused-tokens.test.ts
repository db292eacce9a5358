import { describe, expect, it } from 'vitest'
import { asking, type Call, lasting, playing, tokensSent } from '../support/clients.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { playClass } from '../support/sockets-of.ts'
import { authOk, control, play } from '../support/stage.ts'

// Which token is presented, on which connection, and which never again (DESIGN 4.4 and 6).

describe('one call at a time', () => {
  it('of a client: what wants a refresh while one is asked for is content with that', async () => {
    const { client, clock, answer, open, calls } = asking()
    await clock.advanceAsync(0)
    await answer('token-one')
    const socket = await open()
    client.reauthenticate()
    client.reauthenticate()
    socket.receive(control({ type: 'auth_required', deadlineMs: 5_000, reason: 'expiring' }))
    await clock.advanceAsync(0)
    expect(calls).toHaveLength(2)
    await answer('token-two')
    socket.receive(control({ type: 'auth_required', deadlineMs: 5_000, reason: 'step_up' }))
    client.reauthenticate()
    await clock.advanceAsync(0)
    expect(calls).toHaveLength(2)
    expect(tokensSent(socket)).toEqual(['token-one', 'token-two'])
  })

  it('of a class: each connection asks, one after the other, and gets its own answer', async () => {
    const calls: Call[] = []
    const { make, settle } = playClass({
      token: (request) => new Promise((answer, fail) => calls.push({ ...request, answer, fail })),
    })
    for (let n = 0; n < 3; n++) make()
    for (let n = 0; n < 3; n++) {
      await settle()
      expect(calls).toHaveLength(n + 1)
      if (n === 1) calls[n]?.fail(new Error('offline'))
      else calls[n]?.answer(`token-${n}`)
    }
    await settle()
    for (const socket of FakeWebSocket.made) socket.open()
    expect(FakeWebSocket.made.map(tokensSent)).toEqual([['token-0'], ['token-2']])
  })

  it('of a class: once per connection, whatever the server asks for later', async () => {
    let asked = 0
    const { make, settle, clock } = playClass({ token: () => `token-${++asked}` })
    const played = make()
    await settle()
    const socket = FakeWebSocket.last
    socket.open()
    socket.receive(lasting)
    socket.receive(control({ type: 'auth_required', deadlineMs: 5_000, reason: 'expiring' }))
    await clock.advanceAsync(899_000)
    expect([asked, socket.sent.length, played.told]).toEqual([1, 1, ['open 1']])
    socket.end(4002, 'Token expired')
    await settle()
    expect(played.end).toMatchObject({ action: 'refresh' })
    expect(clock.pending).toBe(0)
  })
})

describe('P6 a refused token is never presented again', () => {
  it('not the last one, not an older one, and not after connect()', async () => {
    const tokens = ['token-a', 'token-b', 'token-c', 'token-a', 'token-b', 'token-d']
    const { client, clock, socket, settle } = play({ token: () => tokens.shift() ?? '' })
    await settle()
    for (let n = 0; n < 5; n++) {
      const before = FakeWebSocket.made.length
      if (socket().readyState === 0) {
        socket().open()
        socket().end(4001, 'Authentication failed')
      }
      if (client.state === 'closed') client.connect()
      await clock.advanceAsync(500)
      expect(FakeWebSocket.made.length - before).toBeLessThan(2)
    }
    const presented = FakeWebSocket.made.flatMap(tokensSent)
    expect(new Set(presented).size).toBe(presented.length)
    expect(presented.slice(0, 3)).toEqual(['token-a', 'token-b', 'token-c'])
    client.close()
  })

  it('a string has no other: one attempt, then stop', async () => {
    const { client, clock, told, socket, settle } = play({ token: 'token-one' })
    await settle()
    socket().open()
    socket().end(4001, 'Authentication failed')
    await clock.advanceAsync(86_400_000)
    expect([client.state, FakeWebSocket.made.length, clock.pending]).toEqual(['closed', 1, 0])
    expect(told.at(-1)).toMatchObject(['close', { action: 'stop' }])
    client.close()
  })

  it('a string that has run out is not presented again either', async () => {
    const { client, clock, open, socket } = play({ token: 'token-one' })
    await open(lasting)
    socket().end(4002, 'Token expired')
    await clock.advanceAsync(86_400_000)
    expect([client.state, FakeWebSocket.made.length]).toEqual(['closed', 1])
    client.close()
  })

  it('one that the server accepted before and refuses now counts as refused', async () => {
    const { client, clock, answer, open, call, socket } = asking()
    await clock.advanceAsync(0)
    await answer('token-one')
    await open()
    socket().end(4001, 'Authentication failed')
    await clock.advanceAsync(500)
    expect(call()).toMatchObject({ reason: 'refused', refused: 'token-one' })
    await answer('token-one')
    expect([client.state, FakeWebSocket.made.length]).toEqual(['closed', 1])
  })

  it('one that was refused for another reason than itself may be presented again', async () => {
    for (const [code, reason] of [
      [4029, 'Too many attempts'],
      [1013, 'Try again later'],
      [4001, 'Authentication timeout'],
      [1006, ''],
    ] as const) {
      const { client, clock, open, settle, socket } = play({ token: 'token-one' })
      await settle()
      socket().open()
      socket().end(code, reason)
      await clock.advanceAsync(500)
      await open()
      expect(client.state).toBe('open')
      client.close()
    }
  })

  it('not as a refresh', async () => {
    const { client, clock, answer, open, call, calls, socket } = asking()
    await clock.advanceAsync(0)
    await answer('token-one')
    await open(lasting)
    client.reauthenticate()
    await answer('token-two')
    socket().receive(control({ type: 'auth_fail', error: 'invalid_token', action: 'refresh' }))
    await clock.advanceAsync(0)
    expect(call()).toMatchObject({ reason: 'refused', refused: 'token-two' })
    await answer('token-two')
    expect(tokensSent(socket())).toEqual(['token-one', 'token-two'])
    expect([client.state, calls.length]).toEqual(['open', 3])
  })

  it.each([undefined, 'wait', 5])(
    'not as a refresh, where the refusal names %j as the action',
    async (action) => {
      const { clock, open, client, call, answer, of } = asking()
      await answer('token-one')
      const socket = await open(lasting)
      client.reauthenticate()
      await answer('token-two')
      socket.receive(control({ type: 'auth_fail', error: 'invalid_token', action }))
      await clock.advanceAsync(0)
      expect(call()).toMatchObject({ reason: 'refused', refused: 'token-two' })
      await answer('token-two')
      expect(tokensSent(socket)).toEqual(['token-one', 'token-two'])
      expect(of('auth_fail')).toMatchObject([{ action: 'refresh' }])
    },
  )

  it('nor on the next connection after a refresh with it was refused', async () => {
    const tokens = ['token-one', 'token-two', 'token-two', 'token-two']
    const { client, clock, open, settle, socket } = play({ token: () => tokens.shift() ?? 'token-two' })
    await open(lasting)
    client.reauthenticate()
    await settle()
    socket().receive(control({ type: 'auth_fail', error: 'invalid_token', action: 'refresh' }))
    await settle()
    socket().end(1006)
    await clock.advanceAsync(500)
    expect(FakeWebSocket.made.slice(1).flatMap(tokensSent)).toEqual([])
    for (const made of FakeWebSocket.made.slice(1)) made.open()
    expect(FakeWebSocket.made.flatMap(tokensSent).filter((token) => token === 'token-two')).toHaveLength(1)
    client.close()
  })
})

describe('a token that nobody has refused is presented, whatever became of the connection', () => {
  it.each([
    ['no answer came', undefined],
    ['the server was busy', { type: 'auth_fail', error: 'temporarily_unavailable', action: 'retry' }],
  ])('a refresh to which %s before the old one ran out', async (_, answer) => {
    const { client, clock, open, close } = playing({
      token: ({ refused }) => (client.userId ? 'token-two' : `after ${refused}`),
    })
    const socket = await open(lasting)
    client.reauthenticate()
    await clock.advanceAsync(0)
    expect(tokensSent(socket).at(-1)).toBe('token-two')
    if (answer) socket.receive(control(answer))
    socket.end(4002, 'Token expired')
    expect(close()).toMatchObject({ action: 'refresh' })
    await clock.advanceAsync(500)
    const next = FakeWebSocket.last
    next.open()
    expect([next === socket, tokensSent(next)]).toEqual([false, ['token-two']])
    next.receive({ type: 'auth_fail', error: 'invalid_token', action: 'refresh' })
    next.end(4001)
    expect(close()).toMatchObject({ action: 'stop' })
  })

  it('the one that ran out is named, and not presented', async () => {
    const { client, clock, open, call, answer, close } = asking()
    await answer('token-one')
    const socket = await open(lasting)
    client.reauthenticate()
    await answer('token-two')
    socket.end(4002, 'Token expired')
    await clock.advanceAsync(500)
    expect(call()).toMatchObject({ reason: 'refused', refused: 'token-one' })
    await answer('token-one')
    expect(close()).toMatchObject({ action: 'stop' })
  })
})

describe('a class remembers for all of its connections', () => {
  it('the next connection is told which token was refused; an auth_ok makes it forget that, but not the token', async () => {
    const asked: unknown[] = []
    const tokens = ['token-a', 'token-b', 'token-c', 'token-a']
    const { make, settle } = playClass({
      token: ({ reason, refused }) => {
        asked.push([reason, refused])
        return tokens.shift() ?? ''
      },
    })
    make()
    await settle()
    FakeWebSocket.last.open()
    FakeWebSocket.last.end(4001, 'Authentication failed')
    await settle()
    for (let n = 0; n < 2; n++) {
      make()
      await settle()
      FakeWebSocket.last.open()
      FakeWebSocket.last.receive(authOk)
    }
    const last = make()
    await settle()
    expect(asked).toEqual([
      ['connect', undefined],
      ['refused', 'token-a'],
      ['connect', undefined],
      ['connect', undefined],
    ])
    expect(FakeWebSocket.made).toHaveLength(3)
    expect(last.end).toMatchObject({ action: 'stop' })
  })

  it('a second refusal in a row is stop, whichever connection met the first', async () => {
    let asked = 0
    const { make, settle } = playClass({ token: () => `token-${++asked}` })
    const ends: unknown[] = []
    for (let n = 0; n < 2; n++) {
      const played = make()
      await settle()
      FakeWebSocket.last.open()
      FakeWebSocket.last.end(4001, 'Authentication failed')
      await settle()
      ends.push(played.end?.action)
    }
    expect(ends).toEqual(['refresh', 'stop'])
  })

  it('two connections that presented the same token at the same time met one refusal', async () => {
    const { make, settle } = playClass({ token: () => 'token-one' })
    const both = [make(), make()]
    await settle()
    for (const socket of FakeWebSocket.made) socket.open()
    for (const socket of FakeWebSocket.made) socket.end(4001, 'Authentication failed')
    await settle()
    expect(both.map(({ end }) => end?.action)).toEqual(['refresh', 'refresh'])
  })

  it('another class remembers nothing of it', async () => {
    for (let n = 0; n < 2; n++) {
      const { make, settle } = playClass()
      make()
      await settle()
      expect(FakeWebSocket.made).toHaveLength(1)
      FakeWebSocket.last.open()
      FakeWebSocket.last.end(4001, 'Authentication failed')
      await settle()
    }
  })
})

it('`continuous`: the token goes with each text message, the newest one there is', async () => {
  const { client, clock, answer, open, socket } = asking({ continuous: true })
  client.send('waited')
  await clock.advanceAsync(0)
  await answer('token-one')
  await open()
  client.send('hello')
  const bytes = new Uint8Array([1])
  client.send(bytes)
  client.reauthenticate()
  await answer('token-two')
  socket().receive(control({ type: 'auth_ok', expiresInMs: 900_000 }))
  client.send('again')
  expect(socket().sent).toEqual([
    '{"type":"auth","token":"token-one","v":1}',
    '{"type":"message","token":"token-one","data":"waited"}',
    '{"type":"message","token":"token-one","data":"hello"}',
    bytes,
    control({ type: 'auth', token: 'token-two' }),
    '{"type":"message","token":"token-two","data":"again"}',
  ])
})
