import { describe, expect, it } from 'vitest'
import { query } from '../../src/index.ts'
import { endless, playing } from '../support/clients.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { authOk } from '../support/stage.ts'

// What a user of `AuthClient` may count on: its states, its calls, and listeners that call back into it.

describe('states', () => {
  it('idle, connecting, authenticating, open, waiting, connecting …, closed; each told once and true when told', async () => {
    const { client, clock, open, of } = playing({ connect: false })
    const seen: boolean[] = []
    client.on('state', (state) => seen.push(state === client.state))
    expect(client.state).toBe('idle')
    client.connect()
    const socket = await open()
    socket.end(1006)
    await clock.advanceAsync(500)
    await open()
    client.close()
    expect(of('state')).toEqual([
      'connecting',
      'authenticating',
      'open',
      'waiting',
      'connecting',
      'authenticating',
      'open',
      'closed',
    ])
    expect(seen).not.toContain(false)
  })

  it.each([
    ['waits for its answer', 1, 'authenticating'],
    ['has none in version 0', 0, 'open'],
  ] as const)('a method whose credential is in the handshake %s', async (_, version, state) => {
    const { client, settle, socket } = playing({ method: query(), version })
    await settle()
    expect(client.state).toBe('connecting')
    socket().open()
    expect(client.state).toBe(state)
    expect(socket().sent).toEqual([])
  })

  it('at a close, the state is there before the event', async () => {
    const { client, open } = playing()
    const states: unknown[] = []
    client.on('close', () => states.push(client.state))
    const socket = await open()
    socket.end(4003)
    expect(states).toEqual(['closed'])
  })

  it('userId is that of the open connection, kept over a loss, and gone after the stop', async () => {
    const { client, open } = playing()
    expect(client.userId).toBeUndefined()
    const socket = await open()
    expect(client.userId).toBe('alice')
    socket.end(1006)
    expect(client.userId).toBe('alice')
    client.close()
    expect(client.userId).toBeUndefined()
  })
})

describe('ready()', () => {
  it('resolves at once where it is open, for each who asks, and through any number of losses', async () => {
    const { client, clock, open } = playing()
    const early = client.ready()
    for (let n = 0; n < 3; n++) {
      const socket = await open()
      socket.end(1006)
      if (n === 0) await early
      await clock.advanceAsync(5_000)
      socket.end(1006)
    }
    const late = Promise.all([client.ready(), client.ready()])
    await open()
    await late
    await client.ready()
  })

  it('rejects with an Error that says why, at the stop and after it; and waits anew after connect()', async () => {
    const { client, open, settle } = playing()
    const early = client.ready()
    const failing = expect(early).rejects.toThrow(/4003.*(Forbidden|access_denied)/)
    await settle()
    FakeWebSocket.last.open()
    FakeWebSocket.last.receive({ type: 'auth_fail', error: 'access_denied', action: 'stop' })
    FakeWebSocket.last.end(4003, 'Forbidden')
    await failing
    await expect(client.ready()).rejects.toBeInstanceOf(Error)
    client.connect()
    const again = client.ready()
    await open()
    await again
  })

  it('rejects at close()', async () => {
    const { client } = playing()
    const failing = expect(client.ready()).rejects.toBeInstanceOf(Error)
    client.close()
    await failing
  })

  it('that nobody asked for rejects for nobody', async () => {
    const { client, settle, socket } = playing()
    await settle()
    socket().end(4003)
    await settle()
    expect(client.state).toBe('closed')
  })
})

describe('connect() and close()', () => {
  it('connect() while it waits dials now; the wait is over', async () => {
    const { client, clock, open } = playing()
    const socket = await open(endless)
    socket.end(4029, 'Too many attempts; retry-after-ms=60000')
    client.connect()
    await open(endless)
    expect([client.state, FakeWebSocket.made.length]).toEqual(['open', 2])
    await clock.advanceAsync(120_000)
    expect(FakeWebSocket.made).toHaveLength(2)
  })

  it('connect() where one is there or on its way does nothing', async () => {
    const { client, open, clock } = playing()
    client.connect()
    await open(endless)
    client.connect()
    await clock.advanceAsync(60_000)
    expect(FakeWebSocket.made).toHaveLength(1)
  })

  it('close() tells close once, with the code that the server answers; connect() afterwards starts anew', async () => {
    const { client, open, of } = playing()
    const socket = await open()
    client.close(4_000, 'bye')
    expect([client.state, of('close')]).toEqual(['closed', []])
    socket.receive('too late')
    socket.end(4_000, 'bye')
    socket.end(1006)
    expect(of('close')).toEqual([{ code: 4_000, reason: 'bye', action: 'stop', retryInMs: undefined }])
    expect(of('message')).toEqual([])
    client.connect()
    await open()
    expect(client.state).toBe('open')
  })

  it.each([
    ['idle', false],
    ['waiting', true],
  ])('close() while %s ends it without a socket', async (state, connect) => {
    const { client, clock, settle } = playing({ connect })
    await settle()
    if (connect) FakeWebSocket.last.end(1006)
    expect(client.state).toBe(state)
    client.close()
    await clock.advanceAsync(86_400_000)
    expect([client.state, clock.pending, FakeWebSocket.made.length]).toEqual(['closed', 0, connect ? 1 : 0])
  })

  it('close() and connect() at once: the old end changes nothing about the new connection', async () => {
    const { client, open, of } = playing()
    const first = await open()
    client.close()
    client.connect()
    const second = await open()
    first.receive('of the first')
    first.end(4003, 'Forbidden')
    second.receive('of the second')
    expect([client.state, FakeWebSocket.made.length, of('message')]).toEqual(['open', 2, ['of the second']])
  })

  it('a code or reason that cannot be sent still closes', async () => {
    for (const [code, reason] of [
      [1001, ''],
      [5, ''],
      [1000, 'x'.repeat(200)],
    ] as const) {
      const { client, open, clock } = playing()
      const socket = await open()
      expect(() => client.close(code, reason)).not.toThrow()
      await clock.advanceAsync(2_000)
      expect([client.state, socket.readyState > 1, clock.pending]).toEqual(['closed', true, 0])
    }
  })

  it('a reason without a code closes without either, and clean', async () => {
    const { client, open, close } = playing()
    const socket = await open()
    client.close(undefined, 'gone for lunch')
    expect(socket.closedWith).toEqual([undefined, undefined])
    socket.end(1005)
    expect(close()).toMatchObject({ code: 1005, reason: '', action: 'stop' })
  })

  it('signOut() closes with 1000', async () => {
    const { client, open } = playing()
    const socket = await open()
    client.signOut()
    expect([client.state, socket.closedWith?.[0]]).toEqual(['closed', 1000])
  })

  it('reauthenticate() while it waits, is stopped or connecting: one connection, no more', async () => {
    const { client, clock, open, settle } = playing()
    const socket = await open(endless)
    socket.end(1006)
    client.reauthenticate()
    await settle()
    expect([client.state, FakeWebSocket.made.length]).toEqual(['connecting', 2])
    await open(endless)
    await clock.advanceAsync(60_000)
    expect(FakeWebSocket.made).toHaveLength(2)
  })
})

describe('listeners that call back', () => {
  it('close() in `open`: nothing is sent, nothing delivered after it', async () => {
    const { client, settle, of, socket } = playing()
    client.on('open', () => client.close())
    await settle()
    socket().open()
    socket().receive(authOk)
    socket().receive('too late')
    expect([client.state, of('message'), socket().sent.length]).toEqual(['closed', [], 1])
  })

  it('close() when it is told that it is open: no `open` follows', async () => {
    const { client, open, of } = playing()
    client.on('state', (state) => state === 'open' && client.close())
    await open()
    expect([client.state, of('open'), of('auth_ok')]).toEqual(['closed', [], []])
  })

  it('close() when it is told that another user is there: no `open` follows', async () => {
    const { client, clock, open, of } = playing()
    const first = await open()
    first.end(1006)
    client.send('for alice')
    client.on('dropped', () => client.close())
    await clock.advanceAsync(500)
    const second = await open({ ...authOk, userId: 'bob' })
    expect([client.state, of('open').length, second.readyState]).toEqual(['closed', 1, 2])
  })

  it('close() in `message`: the next of the same chunk is not delivered', async () => {
    const { client, open, of } = playing()
    client.on('message', () => client.close())
    const socket = await open()
    for (const text of ['one', 'two', 'three']) socket.receive(text)
    expect(of('message')).toEqual(['one'])
  })

  it('close() in `close` of a loss: no next attempt', async () => {
    const { client, clock, open } = playing()
    client.on('close', () => client.close())
    const socket = await open()
    socket.end(1006)
    await clock.advanceAsync(60_000)
    expect([client.state, clock.pending, FakeWebSocket.made.length]).toEqual(['closed', 0, 1])
  })

  it('connect() in `close` of a stop: one new connection', async () => {
    const { client, clock, open } = playing()
    client.once('close', () => client.connect())
    const socket = await open(endless)
    socket.end(4003)
    await clock.advanceAsync(0)
    expect([client.state, FakeWebSocket.made.length]).toEqual(['connecting', 2])
  })

  it('send() in `open` and in `message`', async () => {
    const { client, settle, socket, sent } = playing()
    client.send('waited')
    client.on('open', () => client.send('in open'))
    client.on('message', (data) => client.send(`re: ${data}`))
    await settle()
    socket().open()
    socket().receive(endless)
    socket().receive('hello')
    expect(sent()).toEqual(['waited', 'in open', 're: hello'])
  })

  it('one that leaves is not called; `once` is called once', async () => {
    const { client, open } = playing()
    const heard: unknown[] = []
    const leaving = (data: unknown) => heard.push(data)
    client.on('message', leaving).once('message', leaving)
    const socket = await open()
    socket.receive('one')
    client.off('message', leaving)
    socket.receive('two')
    expect(heard).toEqual(['one', 'one'])
  })
})
