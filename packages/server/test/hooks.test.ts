import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { secret } from '@wsauth/protocol'
import {
  AuthWebSocket,
  AuthWebSocketServer,
  firstMessage,
  type HookErrorEvent,
  MemoryLimiter,
  type Method,
  type StoreHealth,
} from '@wsauth/server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { admitted, dial, frame, raw, signIn, start, stopAll, upgradeRequest, verifier } from './support.ts'

afterEach(stopAll)

const internalError = { code: 1011, reason: 'Internal error' }
const boom = (): never => {
  throw new Error('boom')
}
const reject = async (): Promise<never> => boom()

/** A client that was there before the hook of another one fails, and still echoes after it. */
async function bystander(wss: AuthWebSocketServer, url: string): Promise<() => Promise<void>> {
  const connected = once(wss, 'connection')
  const client = await signIn(url, 'good:bystander')
  const [socket] = await connected
  socket.on('message', (data: Buffer) => socket.send(`echo ${data}`))
  return async () => {
    client.send('still here')
    expect(await client.message(1)).toBe('echo still here')
  }
}

function hookErrors(wss: AuthWebSocketServer): HookErrorEvent[] {
  const errors: HookErrorEvent[] = []
  wss.on('hook_error', (event) => errors.push(event))
  return errors
}

describe('a hook that throws or rejects closes its own connection with 1011', () => {
  it.each<[string, string, (wss: AuthWebSocketServer) => void]>([
    ['a connection listener', 'connection', (wss) => wss.on('connection', boom)],
    ['an async connection listener', 'connection', (wss) => wss.on('connection', reject)],
    ['a message listener', 'message', (wss) => wss.on('connection', (socket) => socket.on('message', boom))],
    [
      'an async message listener',
      'message',
      (wss) => wss.on('connection', (socket) => socket.on('message', reject)),
    ],
    [
      'onmessage',
      'message',
      (wss) => wss.on('connection', (socket) => Object.assign(socket, { onmessage: boom })),
    ],
    [
      'an async onmessage',
      'message',
      (wss) => wss.on('connection', (socket) => Object.assign(socket, { onmessage: reject })),
    ],
    [
      'an async addEventListener',
      'message',
      (wss) => wss.on('connection', (socket) => socket.addEventListener('message', reject)),
    ],
    [
      'an async object that listens',
      'message',
      (wss) => wss.on('connection', (socket) => socket.addEventListener('message', { handleEvent: reject })),
    ],
    ['an auth_ok listener', 'auth_ok', (wss) => wss.on('auth_ok', boom)],
    ['an async auth_ok listener', 'auth_ok', (wss) => wss.on('auth_ok', reject)],
    ['an async headers listener', 'headers', (wss) => wss.on('headers', reject)],
  ])('%s', async (_, hook, listen) => {
    const { wss, url } = await start()
    const check = await bystander(wss, url)
    const errors = hookErrors(wss)
    listen(wss)
    const client = dial(url)
    await once(client.socket, 'open')
    client.send('{"type":"auth","token":"good:alice"}', 'message')
    expect(await client.closed).toEqual(internalError)
    expect(errors).toEqual([{ hook, error: expect.objectContaining({ message: 'boom' }) }])
    await check()
    expect(wss.clients.size).toBe(1)
  })

  it('a connection that an auth_ok listener ends is shown to nobody', async () => {
    const { wss, url } = await start()
    const sockets = admitted(wss)
    wss.on('auth_ok', ({ userId }) => wss.disconnect({ userId }))
    const client = await signIn(url)
    expect((await client.closed).code).toBe(4004)
    expect(sockets).toEqual([])
  })

  it('keeps DOM listeners as they were given', async () => {
    const { wss, url } = await start()
    const connected = once(wss, 'connection')
    const client = await signIn(url)
    const [socket] = await connected
    const seen: string[] = []
    const listener = ({ data }: { data: unknown }) => seen.push(String(data))
    const object = { handleEvent: listener }
    socket.onmessage = listener
    expect(socket.onmessage).toBe(listener)
    socket.addEventListener('message', listener)
    socket.addEventListener('message', listener)
    socket.addEventListener('message', object, { once: true })
    client.send('one')
    await expect.poll(() => seen).toEqual(['one', 'one', 'one'])
    socket.removeEventListener('message', listener)
    socket.onmessage = null
    expect(socket.onmessage).toBe(null)
    expect(socket.listenerCount('message')).toBe(0)
  })

  it.each([
    ['throws', boom],
    ['rejects', reject],
  ])('the callback of handleUpgrade that %s', async (_, upgraded) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const wss = new AuthWebSocketServer({ noServer: true, auth: { verifier } })
    const errors = hookErrors(wss)
    server.on('upgrade', (request, socket, head) => wss.handleUpgrade(request, socket, head, upgraded))
    const client = await signIn(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
    expect(await client.closed).toEqual(internalError)
    expect(errors).toEqual([{ hook: 'connection', error: expect.objectContaining({ message: 'boom' }) }])
    wss.close()
    server.close()
    await once(server, 'close')
  })

  it.each(['good:ada', 'bad'])(
    'a second handleUpgrade for one request, with the token %s, is told, and leaves the first one its client',
    async (token) => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      const servers = [1, 2].map(() => new AuthWebSocketServer({ server, auth: { verifier } }))
      const errors = servers.map(hookErrors)
      const { port } = server.address() as AddressInfo
      const client = raw(port, upgradeRequest('/', [`Authorization: Bearer ${token}`]))
      if (token === 'bad') {
        expect(await client.ended).toMatch(/^HTTP\/1\.1 401 [\s\S]*\r\n\r\nAuthentication failed$/)
      } else {
        await client.until('101 Switching Protocols')
        expect(servers.map((wss) => wss.clients.size)).toEqual([1, 0])
        client.socket.destroy()
      }
      const message = expect.stringContaining('more than once')
      expect(errors).toEqual([[], [{ hook: 'handleUpgrade', error: expect.objectContaining({ message }) }]])
      for (const wss of servers) wss.close()
      server.close()
    },
  )

  it.each(['good:ada', 'bad'])(
    'a request that a server of ws has answered, with the token %s, is told, and nothing is written behind the answer',
    async (token) => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      const bare = new WebSocketServer({ server })
      const wss = new AuthWebSocketServer({ server, auth: { verifier } })
      const errors = hookErrors(wss)
      bare.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)))
      const { port } = server.address() as AddressInfo
      const client = raw(port, upgradeRequest('/', [`Authorization: Bearer ${token}`]))
      await client.until('101 Switching Protocols')
      await expect.poll(() => errors.length).toBe(1)
      client.socket.write(frame('hello'))
      await client.until('echo hello')
      const message = expect.stringContaining('more than once')
      expect(errors).toEqual([{ hook: 'handleUpgrade', error: expect.objectContaining({ message }) }])
      expect([wss.clients.size, wss.stats().pending]).toEqual([0, 0])
      client.socket.destroy()
      for (const one of [bare, wss]) one.close()
      server.close()
    },
  )

  it.each([
    ['throws', boom],
    ['rejects', reject],
  ])(
    'an auth_fail listener that %s: the refusal stands, and nothing is written behind it',
    async (_, listen) => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      const wss = new AuthWebSocketServer({ noServer: true, auth: { verifier } })
      const errors = hookErrors(wss)
      const rawErrors: Error[] = []
      const upgraded = vi.fn()
      wss.on('auth_fail', listen)
      server.on('upgrade', (request, socket, head) => {
        socket.on('error', (error) => rawErrors.push(error))
        wss.handleUpgrade(request, socket, head, upgraded)
      })
      const { port } = server.address() as AddressInfo
      const client = raw(port, upgradeRequest('/', ['Authorization: Bearer bad']))
      expect(await client.ended).toMatch(/^HTTP\/1\.1 401 [\s\S]*\r\n\r\nAuthentication failed$/)
      await expect.poll(() => errors.map(({ hook }) => hook)).toEqual(['auth_fail'])
      expect(rawErrors).toEqual([])
      expect(upgraded).not.toHaveBeenCalled()
      server.close()
    },
  )

  it('a close listener: the connection is gone already', async () => {
    const { wss, url } = await start()
    const errors = hookErrors(wss)
    wss.on('connection', (socket) => socket.on('close', boom))
    const client = await signIn(url)
    client.socket.terminate()
    await expect.poll(() => errors.map(({ hook }) => hook)).toEqual(['close'])
    expect(wss.clients.size).toBe(0)
  })

  it.each<[string, string, object]>([
    ['handleProtocols', 'handleProtocols', { handleProtocols: boom }],
    ['verifyClient', 'verifyClient', { verifyClient: boom }],
    [
      'an async verifyClient',
      'verifyClient',
      { verifyClient: async (_info: unknown, _done: unknown) => boom() },
    ],
  ])('%s: there is no WebSocket yet, so it is 500', async (_, hook, options) => {
    const { wss, port } = await start({}, options)
    const errors = hookErrors(wss)
    const client = raw(port, upgradeRequest('/', ['Sec-WebSocket-Protocol: chat']))
    expect(await client.ended).toMatch(/^HTTP\/1.1 500 /)
    expect(errors).toEqual([{ hook, error: expect.objectContaining({ message: 'boom' }) }])
    await expect.poll(() => wss.stats().pending).toBe(0)
  })

  it.each([
    ['at once', []],
    ['after a verdict', ['Authorization: Bearer alice']],
  ])('a headers listener that throws %s: there is no WebSocket yet either', async (_, credential) => {
    const verifier = async (userId: string) => ({ userId })
    const { wss, port } = await start({ verifier }, { handleProtocols: () => 'chat' })
    const errors = hookErrors(wss)
    wss.on('headers', boom)
    const client = raw(port, upgradeRequest('/', ['Sec-WebSocket-Protocol: chat', ...credential]))
    expect(await client.ended).toMatch(/^HTTP\/1.1 500 /)
    expect(errors).toEqual([{ hook: 'headers', error: expect.objectContaining({ message: 'boom' }) }])
    // Ours is for `ws` alone, while it looks at a request: what is under way there ended with the listener.
    expect(wss.options.verifyClient).toBeUndefined()
  })

  it.each([
    ['throws', boom],
    ['rejects', reject],
  ])('a wsClientError listener that %s: nobody else would end that socket', async (_, listener) => {
    const { wss, port, url } = await start()
    const check = await bystander(wss, url)
    const errors = hookErrors(wss)
    wss.on('wsClientError', listener)
    const client = raw(port, upgradeRequest().replace('Version: 13', 'Version: 9'))
    expect(await client.ended).toBe('')
    expect(errors).toEqual([{ hook: 'wsClientError', error: expect.objectContaining({ message: 'boom' }) }])
    await check()
  })

  it.each(['find', 'selects', 'redact'] as const)(
    'a method of the application whose %s throws: the request is answered with 500, and nobody sees what is in it',
    async (member) => {
      let isBroken = false
      const token = secret('good:ada')
      const own: Method = {
        ...{ name: 'query', param: 'key', selects: () => 'chat', redact: () => {} },
        find: ({ query }) => (query.includes('key') ? { token } : undefined),
      }
      const breaking = {
        ...own,
        [member]: (...args: never[]) => (isBroken ? boom() : Reflect.apply(own[member] ?? boom, own, args)),
      }
      const shown = vi.fn(() => true)
      const { wss, port, url } = await start({ methods: [breaking, firstMessage()] }, { verifyClient: shown })
      const check = await bystander(wss, url)
      isBroken = true
      const errors = hookErrors(wss)
      for (const event of ['headers', 'connection', 'wsClientError']) wss.on(event, shown)
      shown.mockClear()
      for (const _ of [1, 2]) {
        const client = raw(port, upgradeRequest('/?key=good:ada'))
        expect(await client.ended).toMatch(/^HTTP\/1\.1 500 [\s\S]*\r\n\r\nInternal Server Error$/)
      }
      const told = { hook: 'methods', error: expect.objectContaining({ message: 'boom' }) }
      expect(errors).toEqual([told, told])
      expect(shown).not.toHaveBeenCalled()
      await check()
    },
  )

  it('a verifier is no such hook: its client is asked to come back', async () => {
    const { url } = await start({ verifier: boom })
    const client = dial(url)
    await once(client.socket, 'open')
    client.send('{"type":"auth","token":"good:alice","v":1}')
    expect(await client.closed).toEqual({ code: 1013, reason: 'Try again later' })
    expect(client.messages).toEqual([
      '{"type":"auth_fail","error":"temporarily_unavailable","action":"retry"}',
    ])
  })

  it('is a warning of the process where nobody listens to hook_error, or the listener fails too', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const connections = { enter: async () => true, leave: boom }
    const { wss, url } = await start({ connections, limits: { connectionsPerUser: 5 } })
    wss.on('connection', boom)
    const first = await signIn(url)
    await first.closed
    wss.on('hook_error', boom)
    const second = await signIn(url)
    await second.closed
    expect(warn.mock.calls.map(([message, name]) => [name, String(message).split('\n')[0]])).toEqual([
      [
        'WsauthHookError',
        "a listener of 'connection' failed, and its connection was closed with 1011: Error: boom",
      ],
      ['WsauthHookError', 'auth.connections failed: Error: boom'],
      [
        'WsauthHookError',
        "a listener of 'hook_error' failed, and its connection was closed with 1011: Error: boom",
      ],
      // That of the store, told to the same listener.
      [
        'WsauthHookError',
        "a listener of 'hook_error' failed, and its connection was closed with 1011: Error: boom",
      ],
    ])
    warn.mockRestore()
  })
})

describe('a hook that is about a store', () => {
  it.each([
    ['throws', boom],
    ['rejects', reject],
  ])('is told and harms nobody where it %s', async (_, listen) => {
    const listeners = new Set<(health: StoreHealth) => void>()
    const limiter = Object.assign(new MemoryLimiter(), {
      health: { up: true, sinceMs: 1 },
      onHealth(listener: (health: StoreHealth) => void) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    })
    const { wss, url } = await start({ limiter })
    const check = await bystander(wss, url)
    const errors = hookErrors(wss)
    const published: unknown[] = []
    const publish = (event: unknown) => published.push(event)
    subscribe('wsauth:store_health', publish)
    const heard = vi.fn()
    wss.on('store_health', heard)
    wss.on('store_health', listen)
    for (const tell of listeners) tell({ up: false, sinceMs: 2 })
    await expect.poll(() => errors.map(({ hook }) => hook)).toEqual(['store_health'])
    unsubscribe('wsauth:store_health', publish)
    const event = { store: 'limiter', up: false, sinceMs: 2 }
    expect([heard.mock.calls, published]).toEqual([[[event]], [event]])
    expect(wss.stats().stores).toEqual({ limiter: { up: true, sinceMs: 1 } })
    await check()
    await stopAll()
    await expect.poll(() => listeners.size).toBe(0)
  })
})

it('events are heard that are the application’s own, and errors of the peer where it listens', async () => {
  const { wss, port } = await start({ limits: { closeTimeoutMs: 50 } })
  const connected = once(wss, 'connection')
  const client = raw(
    port,
    Buffer.concat([Buffer.from(upgradeRequest()), frame('Authorization: Bearer good:alice')]),
  )
  const [socket] = await connected
  const heard: unknown[] = []
  socket.on('greeting', (text: string) => heard.push(text))
  socket.on('error', ({ code }: NodeJS.ErrnoException) => heard.push(code))
  expect([socket.emit('greeting', 'hello'), socket.emit('nobody listens')]).toEqual([true, false])
  expect(wss.stats().live).toBe(1)
  client.socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]))
  await client.ended
  await expect.poll(() => heard).toEqual(['hello', 'WS_ERR_INVALID_OPCODE'])
})

it('a socket of nobody has no auth and asks for none', () => {
  const socket: AuthWebSocket = Reflect.construct(AuthWebSocket, [null, undefined, {}])
  expect(() => socket.auth).toThrow(/^socket\.auth: nobody is authenticated on this socket$/)
  expect(() => socket.requireAuth()).toThrow(/^socket\.requireAuth: nobody is authenticated on this socket$/)
})

describe('no input ends the process', () => {
  it.each<[string, Buffer]>([
    ['an unmasked frame', Buffer.from([0x81, 0x01, 0x78])],
    ['reserved bits', Buffer.from([0xf1, 0x80, 0, 0, 0, 0])],
    ['an unknown opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
    ['bad UTF-8', Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff])],
    ['a length of 2^63', Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['a bad close code', Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0, 0])],
  ])('%s, before and after authentication', async (_, bytes) => {
    const { wss, port, url } = await start({ limits: { closeTimeoutMs: 50 } })
    const errors = hookErrors(wss)
    const before = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), bytes]))
    await before.ended
    const after = raw(
      port,
      Buffer.concat([Buffer.from(upgradeRequest()), frame('Authorization: Bearer good:alice')]),
    )
    await after.until('auth_ok')
    after.socket.write(bytes)
    await after.ended
    await signIn(url)
    await expect.poll(() => [wss.stats().pending, wss.stats().live]).toEqual([0, 1])
    // Nor is it taken for a mistake of the application, which has no listener for `error`.
    expect(errors).toEqual([])
  })
})
