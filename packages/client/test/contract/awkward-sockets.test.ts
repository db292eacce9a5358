import type { FakeClock } from '@wsauth/protocol/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AuthClient, createWebSocketClass, type SocketClass } from '../../src/index.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { authOk } from '../support/stage.ts'
import { stillTime } from '../support/still-time.ts'

// None of the quirks of the socket underneath shows (DESIGN 6): what is made by hand, by phones, by polyfills and by mocks.

let clock: FakeClock
const clients: AuthClient[] = []
beforeEach(() => {
  clock = stillTime()
  FakeWebSocket.made = []
})
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

const settle = () => clock.advanceAsync(0)
const endless = { ...authOk, expiresInMs: undefined, heartbeatMs: undefined }
const secret = 'eyJhbGciOiJIUzI1NiJ9.a-token-that-nobody-may-see'

/** A client and a socket of the class over the same kind of socket, with what each told in the end. */
function both(WebSocket: SocketClass) {
  const options = { token: () => secret, WebSocket }
  return {
    client() {
      const client = new AuthClient('wss://api.example/ws', options)
      clients.push(client)
      const told: [string, unknown][] = []
      for (const name of ['open', 'message', 'close', 'error'] as const) {
        client.on(name, (event: unknown) => told.push([name, event]))
      }
      return { client, told }
    },
    socket() {
      const socket = new (createWebSocketClass(options))('wss://api.example/ws')
      const told: string[] = []
      const events: Event[] = []
      for (const type of ['open', 'message', 'error', 'close']) {
        socket.addEventListener(type, (event) => {
          told.push(type)
          events.push(event)
        })
      }
      return { socket, told, events }
    },
  }
}

async function opened(): Promise<FakeWebSocket> {
  await settle()
  FakeWebSocket.last.open()
  FakeWebSocket.last.receive(endless)
  return FakeWebSocket.last
}

describe('a socket that throws', () => {
  it('in its constructor: stop, since the next one would as well, and without the token in it', async () => {
    class Throwing {
      constructor() {
        throw new SyntaxError(`Bad argument ${secret}`)
      }
    }
    const { client, told } = both(Throwing).client()
    await clock.advanceAsync(86_400_000)
    expect(told).toEqual([
      ['close', { code: 1006, reason: '[secret]', action: 'stop', retryInMs: undefined }],
    ])
    expect([client.state, clock.pending]).toEqual(['closed', 0])
  })

  it('in close(): it is over all the same, told once, and nothing is left', async () => {
    class Throwing extends FakeWebSocket {
      override close(): void {
        throw new Error('Not now')
      }
    }
    for (const at of ['connecting', 'authenticating', 'open']) {
      const { client, told } = both(Throwing).client()
      const played = both(Throwing).socket()
      await settle()
      for (const socket of FakeWebSocket.made.slice(-2)) {
        if (at !== 'connecting') socket.open()
        if (at === 'open') socket.receive(endless)
      }
      expect(() => client.close()).not.toThrow()
      expect(() => played.socket.close()).not.toThrow()
      await clock.advanceAsync(2_000)
      expect(told.filter(([name]) => name === 'close')).toHaveLength(1)
      expect(played.told.filter((type) => type === 'close')).toHaveLength(1)
      expect([client.state, played.socket.readyState, clock.pending]).toEqual(['closed', 3, 0])
    }
  })

  it('in send() at the handshake: the attempt is over and another one is made; nothing is thrown at the socket', async () => {
    class Throwing extends FakeWebSocket {
      override send(data: unknown): void {
        if (FakeWebSocket.made.length === 1) throw new Error(`Cannot send ${data}`)
        super.send(data)
      }
    }
    const { client, told } = both(Throwing).client()
    await settle()
    expect(() => FakeWebSocket.last.open()).not.toThrow()
    await clock.advanceAsync(500)
    await opened()
    expect([client.state, FakeWebSocket.made.length]).toEqual(['open', 2])
    expect(JSON.stringify(told)).not.toContain(secret.slice(-10))
  })
})

describe('events that come twice, late, or out of order', () => {
  it('`open` twice: one credential, one open', async () => {
    const { client, told } = both(FakeWebSocket).client()
    const socket = await opened()
    socket.onopen?.()
    expect(socket.sent).toHaveLength(1)
    socket.receive('hello')
    expect(told.map(([name]) => name)).toEqual(['open', 'message'])
    expect(client.state).toBe('open')
  })

  it('`close` twice: one close, one next attempt', async () => {
    const { told } = both(FakeWebSocket).client()
    const socket = await opened()
    const { onclose } = socket
    socket.end(1006)
    onclose?.({ code: 4003, reason: 'Forbidden', wasClean: true })
    await clock.advanceAsync(500)
    expect(told.map(([name]) => name)).toEqual(['open', 'close'])
    expect(FakeWebSocket.made).toHaveLength(2)
  })

  it('`message` and `open` after `close`: nothing', async () => {
    const { client, told } = both(FakeWebSocket).client()
    const socket = await opened()
    const { onmessage, onopen } = socket
    socket.end(4003)
    onopen?.()
    onmessage?.({ data: 'late' })
    onmessage?.({ data: JSON.stringify(endless) })
    expect([told.length, client.state, socket.sent.length]).toEqual([2, 'closed', 1])
  })

  it('`open` after close(), as React Native on Android has it: closed again, and no credential is sent', async () => {
    const { client } = both(FakeWebSocket).client()
    const played = both(FakeWebSocket).socket()
    await settle()
    client.close()
    played.socket.close()
    for (const socket of FakeWebSocket.made) {
      socket.closedWith = undefined
      socket.open()
      expect(socket.closedWith).toBeTruthy()
      expect(socket.sent).toEqual([])
    }
  })

  it('`message` before `open`: not delivered, and no auth_ok is believed before a credential was sent', async () => {
    const { client, told } = both(FakeWebSocket).client()
    await settle()
    const socket = FakeWebSocket.last
    socket.receive(endless)
    socket.receive('hello')
    expect([client.state, told]).toEqual(['connecting', []])
    socket.open()
    expect(client.state).toBe('authenticating')
    socket.receive(endless)
    expect(client.state).toBe('open')
  })

  it('`close` inside the constructor’s turn, and `error` without a `close`', async () => {
    const { client } = both(FakeWebSocket).client()
    const played = both(FakeWebSocket).socket()
    await settle()
    for (const socket of FakeWebSocket.made) socket.onerror?.()
    expect([client.state, played.told]).toEqual(['connecting', []])
    await clock.advanceAsync(10_000)
    expect([client.state, played.told]).toEqual(['waiting', ['error', 'close']])
  })

  it('`close` while send() is on the stack', async () => {
    class Breaking extends FakeWebSocket {
      override send(data: unknown): void {
        super.send(data)
        if (data === 'boom') this.end(1006)
      }
    }
    const { client, told } = both(Breaking).client()
    client.send('boom')
    client.send('kept')
    const socket = await opened()
    expect(told.map(([name]) => name)).toContain('close')
    expect(client.state).toBe('waiting')
    expect(socket.sent).not.toContain('kept')
  })
})

describe('sockets like those of phones', () => {
  it.each([
    [
      'without wasClean',
      { code: 4003, reason: 'Forbidden' },
      { code: 4003, reason: 'Forbidden', wasClean: false },
    ],
    ['without a reason', { code: 1006 }, { code: 1006, reason: '', wasClean: false }],
    ['with null for a reason', { code: 1006, reason: null }, { code: 1006, reason: '', wasClean: false }],
  ])('a close event %s', async (_, event, expected) => {
    const { client, told } = both(FakeWebSocket).client()
    const played = both(FakeWebSocket).socket()
    await settle()
    for (const socket of FakeWebSocket.made) socket.open()
    for (const socket of FakeWebSocket.made) socket.onclose?.(event as never)
    await settle()
    expect(told).toMatchObject([['close', { code: expected.code, reason: expected.reason }]])
    expect(client.state).toBe(event.code === 1006 ? 'waiting' : 'closed')
    expect(played.told).toEqual(['error', 'close'])
    expect(played.events.at(-1)).toMatchObject(expected)
  })

  it('protocol null, no extensions, no bufferedAmount', async () => {
    class Bare extends FakeWebSocket {
      override protocol = null as never
      override extensions = undefined as never
      override bufferedAmount = undefined as never
    }
    const { socket, told } = both(Bare).socket()
    await settle()
    const fake = FakeWebSocket.last
    fake.readyState = 1
    fake.onopen?.()
    fake.receive(endless)
    expect(told).toEqual(['open'])
    expect([socket.protocol, socket.extensions, socket.bufferedAmount]).toEqual(['', '', 0])
  })

  it('a close() that never ends in an event: told after `closeTimeoutMs`', async () => {
    const { client, told } = both(FakeWebSocket).client()
    const played = both(FakeWebSocket).socket()
    await settle()
    for (const socket of FakeWebSocket.made) socket.open()
    for (const socket of FakeWebSocket.made) socket.receive(endless)
    client.close()
    played.socket.close(4_000)
    await clock.advanceAsync(1_999)
    expect([told.length, played.told]).toEqual([1, ['open']])
    await clock.advanceAsync(1)
    expect(told.at(-1)).toMatchObject(['close', { action: 'stop' }])
    expect(played.told).toEqual(['open', 'close'])
    expect(played.events.at(-1)).toMatchObject({ wasClean: false, action: 'stop' })
  })
})

describe('what is set on the class reaches the socket underneath, and nothing else', () => {
  it('binaryType, before and after; bufferedAmount and extensions, once there', async () => {
    const { socket } = both(FakeWebSocket).socket()
    expect([socket.binaryType, socket.bufferedAmount, socket.extensions]).toEqual(['blob', 0, ''])
    socket.binaryType = 'arraybuffer'
    await settle()
    const fake = FakeWebSocket.last
    expect(fake.binaryType).toBe('arraybuffer')
    fake.extensions = 'permessage-deflate'
    fake.open()
    fake.receive(endless)
    fake.bufferedAmount = 42
    expect([socket.bufferedAmount, socket.extensions]).toEqual([42, 'permessage-deflate'])
    socket.binaryType = 'blob'
    expect(fake.binaryType).toBe('blob')
  })

  it('each kind of data, as it is', async () => {
    const { socket } = both(FakeWebSocket).socket()
    const fake = await opened()
    const all = ['text', new ArrayBuffer(1), new Uint8Array(2), new Blob(['b'])]
    for (const data of all) socket.send(data as string)
    expect(fake.sent.slice(1)).toEqual(all)
  })

  it('data received, as it is: the very object', async () => {
    const { socket } = both(FakeWebSocket).socket()
    const fake = await opened()
    const heard: unknown[] = []
    socket.onmessage = ({ data }) => heard.push(data)
    const all = ['text', new ArrayBuffer(1), new Blob(['b']), new Uint8Array(2)]
    for (const data of all) fake.onmessage?.({ data })
    expect(heard).toHaveLength(all.length)
    for (const [at, data] of all.entries()) expect(heard[at]).toBe(data)
  })
})
