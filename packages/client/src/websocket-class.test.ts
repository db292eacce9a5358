import type { FakeClock } from '@wsauth/protocol/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { FakeWebSocket } from '../test/support/fake-web-socket.ts'
import { authOk, channel } from '../test/support/stage.ts'
import { stillTime } from '../test/support/still-time.ts'
import { type ConnectionOptions, cookie, createWebSocketClass, query, subprotocol } from './index.ts'
import type { AuthWebSocket, AuthWebSocketClass } from './websocket-class.ts'

let clock: FakeClock
beforeEach(() => {
  clock = stillTime()
  FakeWebSocket.made = []
})

function makeClass(options: ConnectionOptions = {}): AuthWebSocketClass {
  const token = options.method ? undefined : 'token-number-one'
  return createWebSocketClass({ token, WebSocket: FakeWebSocket, ...options })
}

const settle = () => clock.advanceAsync(0)

/** The types of all events, in order, with the state that the socket was in. */
function record(socket: AuthWebSocket): string[] {
  const seen: string[] = []
  for (const type of ['open', 'message', 'error', 'close']) {
    socket.addEventListener(type, () => seen.push(`${type} ${socket.readyState}`))
  }
  return seen
}

async function open(socket: AuthWebSocket): Promise<FakeWebSocket> {
  await settle()
  FakeWebSocket.last.open()
  FakeWebSocket.last.receive(authOk)
  expect(socket.readyState).toBe(1)
  return FakeWebSocket.last
}

describe('as the standard has it', () => {
  it('has its constants on class and prototype, enumerable and fixed', () => {
    const Socket = makeClass()
    const names = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED']
    for (const target of [Socket, Socket.prototype]) {
      expect(names.map((name) => Reflect.get(target, name))).toEqual([0, 1, 2, 3])
      expect(Object.keys(target)).toEqual(expect.arrayContaining(names))
      expect(Reflect.set(target, 'OPEN', 5)).toBe(false)
    }
  })

  it('over a socket that knows no Blob, as those of Bun before 1.4.4, it opens and gives ArrayBuffers', async () => {
    class OldBun extends FakeWebSocket {
      constructor(...args: ConstructorParameters<typeof FakeWebSocket>) {
        super(...args)
        let binaryType = 'nodebuffer'
        Object.defineProperty(this, 'binaryType', {
          get: () => binaryType,
          set: (type: string) => {
            if (type === 'blob') throw new Error('Invalid binaryType: blob')
            binaryType = type
          },
        })
      }
    }
    const socket = new (makeClass({ WebSocket: OldBun }))('wss://api.example/ws')
    await open(socket)
    expect(socket.binaryType).toBe('arraybuffer')
  })

  it('is CONNECTING until auth_ok, then OPEN', async () => {
    const socket = new (makeClass())('wss://api.example/ws')
    const seen = record(socket)
    await settle()
    FakeWebSocket.last.open()
    expect(socket.readyState).toBe(0)
    expect(() => socket.send('early')).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
    FakeWebSocket.last.receive(authOk)
    socket.send('hello')
    FakeWebSocket.last.receive('hi')
    expect(seen).toEqual(['open 1', 'message 1'])
    expect(FakeWebSocket.last.sent).toEqual(['{"type":"auth","token":"token-number-one","v":1}', 'hello'])
  })

  it.each([
    ['wss://API.example', 'wss://api.example/'],
    ['https://api.example/a/../b?c', 'wss://api.example/b?c'],
    ['http://localhost:80/', 'ws://localhost/'],
    [new URL('wss://api.example/ws'), 'wss://api.example/ws'],
  ])('%s is %s', (given, url) => {
    expect(new (makeClass())(given).url).toBe(url)
  })

  it.each([
    ['', []],
    ['/relative', []],
    ['ftp://api.example', []],
    ['wss://api.example/#fragment', []],
    ['wss://api.example/#', []],
    ['wss://api.example/', ['twice', 'twice']],
    ['wss://api.example/', 'two words'],
    ['wss://api.example/', ['']],
  ])('new WebSocket(%j, %j) is a SyntaxError', (url, protocols) => {
    expect(() => new (makeClass())(url, protocols)).toThrow(expect.objectContaining({ name: 'SyntaxError' }))
  })

  it('P7 is a TypeError where the token would travel in the clear', () => {
    expect(() => new (makeClass())('ws://api.example')).toThrow(TypeError)
  })

  it.each([
    [[999], 'InvalidAccessError'],
    [[1001], 'InvalidAccessError'],
    [[2999], 'InvalidAccessError'],
    [[5000], 'InvalidAccessError'],
    [[Number.NaN], 'InvalidAccessError'],
    [[1000, 'x'.repeat(124)], 'SyntaxError'],
    [[1000, 'ü'.repeat(62)], 'SyntaxError'],
    [[1000, '\ud800'.repeat(42)], 'SyntaxError'],
    [[undefined, '€'.repeat(42)], 'SyntaxError'],
  ])('close(...%j) is an %s', async (args, name) => {
    const socket = new (makeClass())('wss://api.example')
    expect(() => Reflect.apply(socket.close, socket, args)).toThrow(expect.objectContaining({ name }))
    expect(socket.readyState).toBe(0)
  })

  it.each([
    [[], []],
    [[undefined, 'no code, no reason'], []],
    [[1000], [1000]],
    [
      [3000, 'x'.repeat(123)],
      [3000, 'x'.repeat(123)],
    ],
    [
      [4999, '€'.repeat(41)],
      [4999, '€'.repeat(41)],
    ],
  ])('close(...%j) closes, once, and delivers nothing more', async (args, underneath) => {
    const socket = new (makeClass())('wss://api.example')
    const seen = record(socket)
    const fake = await open(socket)
    Reflect.apply(socket.close, socket, args)
    socket.close(4_001, 'again')
    expect(fake.closedWith?.filter((given) => given !== undefined)).toEqual(underneath)
    expect(socket.readyState).toBe(2)
    fake.receive('too late')
    socket.send('nobody hears')
    fake.end(4_321, 'bye')
    fake.end(4_321, 'bye')
    await settle()
    expect(seen).toEqual(['open 1', 'close 3'])
    expect(clock.pending).toBe(0)
  })

  it.each(['fetching the token', 'dialling', 'authenticating'])(
    'close() while %s: error, then close, never at once',
    async (when) => {
      const socket = new (makeClass())('wss://api.example')
      const seen = record(socket)
      if (when !== 'fetching the token') await settle()
      if (when === 'authenticating') FakeWebSocket.last.open()
      socket.close()
      expect([socket.readyState, seen]).toEqual([2, []])
      await settle()
      expect(seen).toEqual(['error 3', 'close 3'])
      expect(clock.pending).toBe(0)
    },
  )

  it('tells a failed connect as error, then close, once', async () => {
    const socket = new (makeClass())('wss://api.example')
    const seen = record(socket)
    await settle()
    FakeWebSocket.last.onerror?.()
    FakeWebSocket.last.end()
    await settle()
    expect(seen).toEqual(['error 3', 'close 3'])
  })

  it('has handlers and listeners, in order, each once; one that throws keeps nobody from being called', async () => {
    const socket = new (makeClass())('wss://api.example')
    const seen: unknown[] = []
    const listener = (event: Event) => seen.push(['function', event.type])
    const object = { handleEvent: (event: Event) => seen.push(['object', event.target === socket]) }
    const removed = () => seen.push('removed')
    expect(socket.onopen).toBe(null)
    socket.onopen = function (event) {
      seen.push(['handler', this === socket, event.currentTarget === socket])
      socket.removeEventListener('open', removed)
    }
    socket.addEventListener('open', listener)
    socket.addEventListener('open', listener)
    socket.addEventListener('open', object)
    socket.addEventListener('open', removed)
    socket.addEventListener('open', null as never)
    socket.addEventListener('message', () => seen.push('once'), { once: true })
    const fake = await open(socket)
    fake.receive('one')
    fake.receive('two')
    expect(seen).toEqual([['handler', true, true], ['function', 'open'], ['object', true], 'once'])
  })

  it('passes binaryType on, before and after it dials', async () => {
    const socket = new (makeClass())('wss://api.example')
    expect(socket.binaryType).toBe('blob')
    socket.binaryType = 'arraybuffer'
    const fake = await open(socket)
    expect([socket.binaryType, fake.binaryType]).toEqual(['arraybuffer', 'arraybuffer'])
    socket.binaryType = 'blob'
    expect(fake.binaryType).toBe('blob')
    fake.bufferedAmount = 7
    expect(socket.bufferedAmount).toBe(7)
  })

  it('hands its third argument to the socket underneath', async () => {
    const options = { headers: { 'X-App': 'mine' } }
    Reflect.construct(makeClass(), ['wss://api.example', [], options])
    await settle()
    expect(FakeWebSocket.last.options).toMatchObject(options)
  })
})

describe('authenticating', () => {
  it('says at the close what is left to do', async () => {
    const socket = new (makeClass())('wss://api.example')
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
    await settle()
    FakeWebSocket.last.open()
    FakeWebSocket.last.receive({
      type: 'auth_fail',
      error: 'slow_down',
      action: 'retry',
      retryAfterMs: 2_000,
    })
    FakeWebSocket.last.end(4029, 'Too many attempts')
    expect(await closed).toMatchObject({
      code: 4029,
      reason: 'Too many attempts',
      wasClean: true,
      action: 'retry',
      error: 'slow_down',
      retryAfterMs: 2_000,
    })
  })

  it('4.4 closes by itself when the server only says auth_fail', async () => {
    const socket = new (makeClass())('wss://api.example')
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
    await settle()
    FakeWebSocket.last.open()
    FakeWebSocket.last.receive({ type: 'auth_fail' })
    await clock.advanceAsync(2_000)
    expect(await closed).toMatchObject({ code: 4001, action: 'refresh' })
    expect(FakeWebSocket.last.closedWith).toBeTruthy()
  })

  it('never shows control, and fails the connection where control is out of place', async () => {
    const socket = new (makeClass())('wss://api.example')
    const seen = record(socket)
    const fake = await open(socket)
    for (const type of ['ping', 'going_away', 'auth_required', 'later'])
      fake.receive({ wsauth: channel, type })
    expect(seen).toEqual(['open 1'])
    fake.receive({ wsauth: channel, type: 'auth', token: 'x' })
    await settle()
    expect(seen).toEqual(['open 1', 'close 3'])
  })

  it('asks for the token once per connection, one at a time, and remembers for all which were refused', async () => {
    const asked: unknown[] = []
    const answers: ((token: string) => void)[] = []
    const Socket = makeClass({
      token: ({ reason, refused }) => {
        asked.push([reason, refused])
        return new Promise((resolve) => answers.push(resolve))
      },
    })
    const [one, two] = [new Socket('wss://api.example'), new Socket('wss://api.example')]
    await settle()
    expect(asked).toEqual([['connect', undefined]])
    answers[0]?.('token-number-one')
    await settle()
    FakeWebSocket.last.open()
    FakeWebSocket.last.end(4001, 'Authentication failed')
    expect(asked).toHaveLength(2)
    answers[1]?.('token-number-one')
    await settle()
    expect(FakeWebSocket.made).toHaveLength(1)
    expect([one.readyState, two.readyState]).toEqual([3, 3])
    new Socket('wss://api.example')
    await settle()
    expect(asked.at(-1)).toEqual(['refused', 'token-number-one'])
  })

  it('P5 keeps the token out of url, events and errors', async () => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.secret-payload'
    const Socket = makeClass({ token, method: query({ param: 'access' }) })
    const socket = new Socket('wss://api.example/?a=b')
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
    await settle()
    expect(FakeWebSocket.last.url).toBe(`wss://api.example/?a=b&access=${token}`)
    expect(socket.url).toBe('wss://api.example/?a=b')
    FakeWebSocket.last.end(4003, `not this: ${token}`)
    expect(await closed).toMatchObject({ reason: '[secret]' })
  })

  it('offers wsauth.v1 and shows only what the application chose', async () => {
    const Socket = makeClass({ method: cookie() })
    const plain = new Socket('wss://api.example')
    await settle()
    expect(FakeWebSocket.last.offered).toEqual(['wsauth.v1'])
    FakeWebSocket.last.open('wsauth.v1')
    FakeWebSocket.last.receive(authOk)
    expect(plain.protocol).toBe('')
    const chosen = new Socket('wss://api.example', ['chat', 'wsauth.other'])
    await settle()
    expect(FakeWebSocket.last.offered).toEqual(['chat', 'wsauth.other', 'wsauth.v1'])
    FakeWebSocket.last.open('chat')
    FakeWebSocket.last.receive(authOk)
    expect(chosen.protocol).toBe('chat')
  })

  it('takes the 101 as the answer with `version: 0` and with a bare token as sub-protocol', async () => {
    for (const options of [
      { token: 'tok', method: query(), version: 0 as const },
      { token: 'tok', method: subprotocol({ bare: true }) },
    ]) {
      const socket = new (makeClass(options))('wss://api.example')
      await settle()
      expect(FakeWebSocket.last.offered).toEqual(options.version === 0 ? [] : ['tok'])
      FakeWebSocket.last.open('tok')
      expect([socket.readyState, socket.protocol]).toEqual([1, ''])
      FakeWebSocket.last.receive('{"type":"auth_ok"}')
    }
  })

  it('tells a socket that cannot be made as a close that is final', async () => {
    class Refusing {
      constructor() {
        throw new Error("The subprotocol 'token-number-one' is invalid")
      }
    }
    const socket = new (makeClass({ WebSocket: Refusing }))('wss://api.example')
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
    await settle()
    expect(await closed).toMatchObject({ code: 1006, reason: '[secret]', action: 'stop' })
  })
})
