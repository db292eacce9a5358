import { afterEach, describe, expect, it, vi } from 'vitest'
import { AuthClient, createWebSocketClass, query } from '../../src/index.ts'
import { type Call, lasting, living, playing } from '../support/clients.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { playClass } from '../support/sockets-of.ts'
import { control } from '../support/stage.ts'

// What a client keeps from one connection to the next, and how it says why there is none (DESIGN 6).

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('why it is not ready', () => {
  it.each([
    ['close()', (client: AuthClient) => client.close(), 'Closed by close()'],
    [
      'a refusal with a name',
      () => refuse({ type: 'auth_fail', error: 'access_denied', action: 'stop' }),
      '4003 access_denied',
    ],
    ['a refusal without one', () => refuse({ type: 'auth_fail', action: 'stop' }), '4003 Forbidden'],
  ] as const)('%s', async (_, end, message) => {
    const { client, settle, socket } = playing()
    const failing = client.ready().catch((error: Error) => error.message)
    await settle()
    socket().open()
    end(client)
    expect(await failing).toBe(message)
  })

  function refuse(frame: object): void {
    FakeWebSocket.last.receive(frame)
    FakeWebSocket.last.end(4003, 'Forbidden')
  }

  it.each([
    ['AuthClient', () => new AuthClient('wss://api.example', undefined as never)],
    ['createWebSocketClass', () => createWebSocketClass(undefined as never)],
  ])('%s without options says what to give', (_, make) => {
    expect(make).toThrow(TypeError)
    expect(make).toThrow('token')
  })
})

describe('between two connections', () => {
  it('connect() starts over: the next refusal is the first again', async () => {
    const { client, clock, open, close } = living()
    for (const action of ['refresh', 'stop', 'refresh', 'stop']) {
      if (client.state === 'closed') client.connect()
      await clock.advanceAsync(1_000)
      FakeWebSocket.last.open()
      FakeWebSocket.last.end(4001, 'Authentication failed')
      expect(close()).toMatchObject({ action })
    }
    client.connect()
    await open()
    expect(client.state).toBe('open')
  })

  it('reauthenticate() where there is no control: the old connection ends untold, the new one opens', async () => {
    const { client, open, of, settle, clock } = living({ version: 0 })
    const old = await open({ type: 'auth_ok', userId: 'alice' })
    client.reauthenticate()
    await settle()
    const next = FakeWebSocket.last
    expect([next === old, old.closedWith]).toEqual([false, [undefined, undefined]])
    old.end(1000)
    await open({ type: 'auth_ok', userId: 'alice' })
    await clock.advanceAsync(10_000)
    expect([of('close'), client.state, FakeWebSocket.made.length]).toEqual([[], 'open', 2])
  })

  it('nobody who has become somebody in place keeps what waits', async () => {
    const { client, clock, open, of } = living()
    const socket = await open({ ...lasting, userId: '' })
    client.reauthenticate()
    await clock.advanceAsync(0)
    client.send('of nobody')
    socket.receive(control({ type: 'auth_ok', userId: 'alice', expiresInMs: 900_000 }))
    expect(client.userId).toBe('alice')
    socket.end(1006)
    client.send('waits')
    await clock.advanceAsync(500)
    const next = await open({ ...lasting, userId: 'alice' })
    expect([next.sent.at(-1), of('dropped')]).toEqual(['waits', []])
  })

  it.each([
    ['named', { userId: 'alice' }, 'alice'],
    ['unnamed, by an older server', {}, ''],
  ])(
    'P7 nobody who has become somebody in place, %s, leaves nothing to another user',
    async (_, who, userId) => {
      const { client, clock, open, of } = living()
      const socket = await open({ ...lasting, userId: '' })
      client.reauthenticate()
      await clock.advanceAsync(0)
      socket.receive(control({ type: 'auth_ok', ...who, expiresInMs: 900_000 }))
      expect(client.userId).toBe(userId)
      socket.end(1006)
      client.send('private, of alice')
      await clock.advanceAsync(500)
      const next = await open({ ...lasting, userId: 'eve' })
      expect([next.sent.length, of('dropped')]).toEqual([1, [{ count: 1, reason: 'user_changed' }]])
    },
  )

  it('P7 the user of a connection stays, whoever a refresh names', async () => {
    const { client, clock, open } = living()
    const socket = await open(lasting)
    client.reauthenticate()
    await clock.advanceAsync(0)
    socket.receive(control({ type: 'auth_ok', userId: 'eve', expiresInMs: 900_000 }))
    expect(client.userId).toBe('alice')
  })

  it('another user keeps nothing of what waits, after a refresh in place as well', async () => {
    const { client, clock, open, of } = living()
    const socket = await open({ ...lasting, userId: 'bob' })
    client.reauthenticate()
    await clock.advanceAsync(0)
    socket.receive(control({ type: 'auth_ok', expiresInMs: 900_000 }))
    socket.end(1006)
    client.send('of bob')
    await clock.advanceAsync(500)
    await open({ ...lasting, userId: 'alice' })
    expect(of('dropped')).toEqual([{ count: 1, reason: 'user_changed' }])
  })

  it('a page is listened to once, however often it connects, and not at all after the stop', async () => {
    const listening = new Set<string>()
    let twice = 0
    const page = {
      addEventListener(type: string, _: unknown, { signal }: { readonly signal: AbortSignal }) {
        if (listening.has(type)) twice++
        listening.add(type)
        signal.addEventListener('abort', () => listening.delete(type))
      },
    }
    vi.stubGlobal('window', page)
    vi.stubGlobal('document', page)
    const { client, open } = living()
    const socket = await open()
    socket.end(1006)
    client.connect()
    await open()
    client.reauthenticate()
    expect([twice, listening.size > 0]).toEqual([0, true])
    client.close()
    expect(listening.size).toBe(0)
  })

  it('the sub-protocols of the application are offered each time', async () => {
    for (const protocols of ['chat', ['chat', 'v2']]) {
      const { settle, socket } = playing({ protocols })
      await settle()
      expect(socket().offered).toEqual([protocols].flat())
    }
    const { settle, socket } = playing()
    await settle()
    expect(socket().offered).toEqual([])
  })

  it('without an answer of the server there is no `auth_ok`', async () => {
    const { settle, socket, of } = playing({ method: query(), version: 0 })
    await settle()
    socket().open()
    expect([of('open').length, of('auth_ok').length]).toEqual([1, 0])
  })
})

it('a socket of the class that is closed before its turn asks for no token', async () => {
  const calls: Call[] = []
  const { make, settle } = playClass({
    token: (request) => new Promise<string>((answer, fail) => calls.push({ ...request, answer, fail })),
  })
  make()
  const second = make()
  await settle()
  second.socket.close()
  calls[0]?.answer('token-one')
  await settle()
  expect(calls).toHaveLength(1)
})
