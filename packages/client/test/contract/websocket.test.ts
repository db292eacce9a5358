import { afterEach, describe, expect, it, vi } from 'vitest'
import { createWebSocketClass, query } from '../../src/index.ts'
import { parts } from '../../src/sockets/portable-events.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { playClass } from '../support/sockets-of.ts'
import { authOk, control } from '../support/stage.ts'

// The class as the standard has a WebSocket, beyond what the comparison with Node's own shows (differential.test.ts).

afterEach(() => {
  vi.unstubAllGlobals()
})

const endless = { ...authOk, expiresInMs: undefined, heartbeatMs: undefined }

async function opened(options = {}) {
  const stage = playClass(options)
  const played = stage.make()
  await stage.settle()
  const fake = FakeWebSocket.last
  fake.open()
  fake.receive(endless)
  return Object.assign(played, stage, { fake })
}

describe('construction', () => {
  it('dials nothing while the constructor is on the stack, and calls nobody', () => {
    let asked = 0
    const { make } = playClass({ token: () => `token-${++asked}` })
    const { socket, told } = make()
    expect([FakeWebSocket.made.length, told, socket.readyState]).toEqual([0, [], 0])
  })

  it('takes a protocol as a string, as a list, or not at all', async () => {
    const Class = createWebSocketClass({ token: 't', WebSocket: FakeWebSocket })
    FakeWebSocket.made = []
    for (const protocols of [undefined, 'chat', ['chat', 'superchat'], []])
      new Class('wss://api.example', protocols)
    await vi.waitFor(() => expect(FakeWebSocket.made).toHaveLength(4))
    expect(FakeWebSocket.made.map(({ offered }) => offered)).toEqual([
      [],
      ['chat'],
      ['chat', 'superchat'],
      [],
    ])
    expect(() => new Class('wss://api.example', ['a', 'a'])).toThrow()
  })

  it('a subclass is one, too, and instanceof holds', () => {
    const Class = createWebSocketClass({ token: 't', WebSocket: FakeWebSocket })
    class Mine extends Class {}
    const socket = new Mine('wss://api.example')
    expect(socket).toBeInstanceOf(Class)
    expect(socket.readyState).toBe(0)
    socket.close()
  })

  it('url, protocol, readyState are there at once', () => {
    const { make } = playClass()
    const { socket } = make()
    expect([socket.url, socket.protocol, socket.extensions, socket.bufferedAmount]).toEqual([
      'wss://api.example/ws',
      '',
      '',
      0,
    ])
    for (const name of ['onopen', 'onmessage', 'onerror', 'onclose'] as const) expect(socket[name]).toBe(null)
  })
})

describe('events', () => {
  it('have the type, the target and the members of the standard', async () => {
    const { make, settle } = playClass()
    const { socket } = make()
    const events: Event[] = []
    for (const type of ['open', 'message', 'close']) {
      socket.addEventListener(type, (event) => {
        expect([event.type, event.target === socket]).toEqual([type, true])
        events.push(event)
      })
    }
    await settle()
    FakeWebSocket.last.open()
    FakeWebSocket.last.receive(endless)
    FakeWebSocket.last.receive('hello')
    FakeWebSocket.last.end(4003, 'Forbidden')
    await settle()
    expect(events).toHaveLength(3)
    expect(events[1]).toMatchObject({ data: 'hello' })
    expect(events[2]).toMatchObject({ code: 4003, reason: 'Forbidden', wasClean: true, action: 'stop' })
  })

  it('the event of a failed connect tells what is left to do, as its close does', async () => {
    const { make, settle } = playClass()
    const { socket } = make()
    const events: unknown[] = []
    for (const type of ['error', 'close']) socket.addEventListener(type, (event) => events.push(event))
    await settle()
    FakeWebSocket.last.open()
    FakeWebSocket.last.end(4029, 'Too many attempts; retry-after-ms=7000')
    await settle()
    expect(events).toMatchObject([
      { type: 'error', action: 'retry', retryAfterMs: 7_000 },
      { type: 'close', action: 'retry', retryAfterMs: 7_000 },
    ])
  })

  it('an on… handler can be replaced and taken away; it is called once, with the socket as `this`', async () => {
    const { socket, fake } = await opened()
    const heard: unknown[] = []
    socket.onmessage = () => heard.push('replaced')
    socket.onmessage = function ({ data }) {
      heard.push([data, this === socket])
    }
    fake.receive('one')
    socket.onmessage = null
    fake.receive('two')
    expect([heard, socket.onmessage]).toEqual([[['one', true]], null])
  })

  it('a signal takes its listener away, and stopImmediatePropagation() ends the round', () => {
    const { socket } = playClass().make()
    const seen: string[] = []
    const abort = new AbortController()
    socket.addEventListener('message', () => seen.push('signal'), { signal: abort.signal })
    socket.addEventListener('message', () => seen.push('too late'), { signal: AbortSignal.abort() })
    socket.addEventListener('close', (event) => {
      event.preventDefault()
      event.stopPropagation()
      seen.push('close')
      event.stopImmediatePropagation()
    })
    socket.addEventListener('close', () => seen.push('never'))
    socket.dispatchEvent(new parts.MessageEvent('message', { data: '' }) as unknown as Event)
    abort.abort()
    socket.dispatchEvent(new parts.MessageEvent('message', { data: '' }) as unknown as Event)
    socket.dispatchEvent(new parts.Event('close') as unknown as Event)
    expect(seen).toEqual(['signal', 'close'])
  })

  it('handlers are accessors of the prototype, and no handler is null', () => {
    const Class = createWebSocketClass({ token: 't', WebSocket: FakeWebSocket })
    const socket = new Class('wss://api.example')
    for (const value of [2, undefined, null, 'text']) {
      Reflect.set(socket, 'onopen', () => {})
      Reflect.set(socket, 'onopen', value)
      expect(socket.onopen).toBe(null)
    }
    expect(Object.hasOwn(socket, 'onopen')).toBe(false)
    expect(Object.getOwnPropertyDescriptor(Class.prototype, 'onopen')).toMatchObject({ enumerable: true })
    socket.close()
  })

  it('removeEventListener and `once` hold', async () => {
    const { socket, fake } = await opened()
    const heard: unknown[] = []
    const listener = ({ data }: MessageEvent) => heard.push(data)
    socket.addEventListener('message', listener)
    socket.addEventListener('message', ({ data }) => heard.push(`once ${data}`), { once: true })
    fake.receive('one')
    socket.removeEventListener('message', listener)
    fake.receive('two')
    expect(heard).toEqual(['one', 'once one'])
  })

  it('a listener that throws does not keep the socket from going on', async () => {
    const { socket, fake, messages, clock } = await opened()
    socket.addEventListener('message', () => {
      throw new Error('mine')
    })
    expect(() => fake.receive('one')).not.toThrow()
    fake.receive('two')
    expect(messages).toEqual(['one', 'two'])
    expect(() => clock.advance(0)).toThrow('mine')
  })
})

describe('the end', () => {
  it.each([
    ['clean', 1000, true],
    ['not clean', 1006, false],
  ] as const)('of an open connection, %s: close alone, no error', async (_, code, wasClean) => {
    const played = await opened()
    played.fake.end(code)
    await played.settle()
    expect(played.told).toEqual(['open 1', 'close 3'])
    expect(played.socket.readyState).toBe(3)
    expect(played.clock.pending).toBe(0)
    expect(wasClean).toBe(code === 1000)
  })

  it('an error of the socket underneath once open: error, then close', async () => {
    const played = await opened()
    played.fake.onerror?.()
    played.fake.end(1006)
    await played.settle()
    expect(played.told).toEqual(['open 1', 'error 3', 'close 3'])
  })

  it.each(['nothing', 'waiting', 'dialling', 'authenticating'])(
    'is told once, after close() twice while %s',
    async (at) => {
      const { make, settle, clock } = playClass({
        token: () => (at === 'waiting' ? new Promise(() => {}) : 'token-one'),
      })
      const played = make()
      if (at !== 'nothing') await settle()
      if (at === 'authenticating') FakeWebSocket.last.open()
      played.socket.close(1000, 'bye')
      expect(played.socket.readyState).toBe(2)
      played.socket.close()
      expect(played.told).toEqual([])
      await clock.advanceAsync(10_000)
      expect(played.told).toEqual(['error 3', 'close 3'])
      expect(played.end).toMatchObject({ code: 1006, wasClean: false, action: 'stop' })
      expect(FakeWebSocket.made.every(({ sent }) => sent.length < 2)).toBe(true)
      expect(clock.pending).toBe(0)
    },
  )

  it('close() in `open`, in `message` and in `close` itself', async () => {
    const { make, settle } = playClass()
    const played = make()
    played.socket.onopen = () => played.socket.close(4_000)
    played.socket.onclose = () => played.socket.close()
    await settle()
    FakeWebSocket.last.open()
    FakeWebSocket.last.receive(endless)
    FakeWebSocket.last.receive('too late')
    expect(FakeWebSocket.last.closedWith?.[0]).toBe(4_000)
    FakeWebSocket.last.end(4_000)
    await settle()
    expect(played.told).toEqual(['open 1', 'close 3'])
  })

  it('send() after it is ignored, as the standard has it', async () => {
    const played = await opened()
    played.fake.end(1006)
    await played.settle()
    expect(() => played.socket.send('nobody hears')).not.toThrow()
    expect(played.fake.sent).toHaveLength(1)
  })

  it('nothing of it makes another connection, whatever the action', async () => {
    for (const [code, reason] of [
      [4001, 'Authentication failed'],
      [1013, 'Try again later'],
      [4002, 'Token expired'],
    ] as const) {
      const played = await opened({ token: () => 'token-one' })
      played.fake.end(code, reason)
      await played.clock.advanceAsync(86_400_000)
      expect(FakeWebSocket.made).toHaveLength(1)
      expect(played.clock.pending).toBe(0)
    }
  })

  it('of a socket nobody listened to leaves no timer and no handler', async () => {
    const { make, settle, clock } = playClass()
    make()
    await settle()
    const fake = FakeWebSocket.last
    fake.open()
    fake.receive(authOk)
    fake.end(1006)
    await settle()
    expect([clock.pending, fake.onmessage, fake.onclose]).toEqual([0, null, null])
  })
})

describe('control is never visible', () => {
  it('neither the auth_ok nor what comes under the channel; all else is, byte for byte', async () => {
    const { fake, messages } = await opened()
    const texts = [
      '{"type":"auth_ok"}',
      '{"type":"auth","token":"x"}',
      '{"wsauth":"BBBBBBBBBBBBBBBB","type":"ping"}',
      '',
    ]
    for (const text of texts) fake.receive(text)
    for (const type of ['ping', 'going_away', 'auth_required', 'auth_ok', 'auth_fail', 'later']) {
      fake.receive(control({ type }))
    }
    expect(messages).toEqual(texts)
  })

  it('going_away counts at the close', async () => {
    const played = await opened()
    played.fake.receive(control({ type: 'going_away', retryAfterMs: 9_000 }))
    expect(played.told).toEqual(['open 1'])
    played.fake.end(1006)
    await played.settle()
    expect(played.end).toMatchObject({ action: 'retry', retryAfterMs: 9_000 })
  })

  it('in version 0 nothing is control, and an auth_ok is a message', async () => {
    const { make, settle } = playClass({ token: 't', method: query(), version: 0 })
    const played = make()
    await settle()
    FakeWebSocket.last.open()
    FakeWebSocket.last.receive('{"type":"auth_ok","userId":"alice"}')
    expect(played.messages).toEqual(['{"type":"auth_ok","userId":"alice"}'])
  })
})

it('the times are options: connect, answer, close', async () => {
  for (const [option, until] of [
    ['connectTimeoutMs', () => {}],
    ['authTimeoutMs', () => FakeWebSocket.last.open()],
    ['closeTimeoutMs', () => FakeWebSocket.last.open()],
  ] as const) {
    const { make, settle, clock } = playClass({ [option]: 123 })
    const played = make()
    await settle()
    until()
    if (option === 'closeTimeoutMs') {
      FakeWebSocket.last.receive(endless)
      played.socket.close()
    }
    await clock.advanceAsync(122)
    expect(played.socket.readyState).not.toBe(3)
    await clock.advanceAsync(1)
    expect(played.socket.readyState).toBe(3)
    expect(played.end).toMatchObject({
      code: 1006,
      wasClean: false,
      action: option === 'closeTimeoutMs' ? 'stop' : 'retry',
    })
    expect(clock.pending).toBe(0)
  }
})

it('needs no global EventTarget, Event, CloseEvent, MessageEvent or DOMException', async () => {
  // Node makes some of them of others when they are first looked at.
  for (const name of ['CloseEvent', 'MessageEvent', 'Event', 'EventTarget', 'DOMException']) {
    vi.stubGlobal(name, undefined)
  }
  const played = await opened()
  expect(() => played.socket.close(5)).toThrow(expect.objectContaining({ name: 'InvalidAccessError' }))
  expect(() => played.make(['a', 'a'])).toThrow(expect.objectContaining({ name: 'SyntaxError' }))
  const early = played.make().socket
  expect(() => early.send('early')).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  early.close()
  played.fake.receive('hello')
  played.fake.end(4003, 'Forbidden')
  await played.settle()
  expect(played.told).toEqual(['open 1', 'message 1', 'close 3'])
  expect(played.messages).toEqual(['hello'])
  expect(played.end).toMatchObject({ code: 4003, action: 'stop' })
})
