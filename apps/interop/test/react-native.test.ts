// React Native's own WebSocket, from the react-native package, over a real socket: what arrives is what a phone sends.

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { AuthWebSocketServer, firstMessage, query, subprotocol } from '@wsauth/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenTo, listenToClient } from '../src/heard.ts'
import { startPhone } from '../src/phone/phone.ts'
import { echo, type Stack, signToken, startStack, verifier } from '../src/stack.ts'
import { startOpenHouse } from '../src/ways-in.ts'

/** As much of the URL of React Native before 0.84 as the client uses: it ends every address in a slash. */
class OldUrl {
  readonly href: string

  constructor(url: string) {
    this.href = /[?#]|\/$/.test(url) ? url : `${url}/`
  }
}

describe.each(['android', 'ios'] as const)('React Native on %s', (platform) => {
  async function start(...options: Parameters<typeof startStack>) {
    const stack = await startStack(...options)
    onTestFinished(() => stack.close())
    const upgrades: IncomingMessage['headers'][] = []
    stack.server.prependListener('upgrade', ({ headers }) => upgrades.push({ ...headers }))
    return { stack, upgrades, app: await startPhone(platform) }
  }
  const origin = ({ port }: Stack): string => `http://localhost:${port}`

  it('header(): the Authorization header arrives, beside the Origin that phones make up', async () => {
    const token = signToken('ada')
    const { stack, upgrades, app } = await start()
    const AuthWebSocket = app.createWebSocketClass({ token: () => token, method: app.header() })
    const socket = new AuthWebSocket(stack.url, ['chat'], { headers: { 'X-App-Version': '7' } })
    const next = listenTo(socket)
    expect(await next()).toEqual({ data: 'hello ada' })
    expect(upgrades[0]).toMatchObject({
      authorization: `Bearer ${token}`,
      origin: origin(stack),
      'x-app-version': '7',
      'sec-websocket-protocol': expect.stringMatching(/^chat, ?wsauth\.v1$/),
    })
    socket.send('one')
    expect(await next()).toEqual({ data: 'one' })
    expect(socket.protocol).toBe('chat')
    socket.close(1000, 'bye')
    expect(await next()).toEqual({ code: 1000, reason: 'bye' })
  })

  it('header(): a refusal is understood, though the phone hides the HTTP status', async () => {
    const { stack, upgrades, app } = await start()
    const client = new app.AuthClient(stack.url, {
      token: signToken('ada', { algorithm: 'HS384' }),
      method: app.header(),
    })
    const next = listenToClient(client)
    await expect(client.ready()).rejects.toThrow()
    expect(await next()).toMatchObject({ code: 4001, reason: 'Authentication failed' })
    expect(upgrades.length).toBe(1)
  })

  it('the Origin that phones make up is one more page: listed it may connect, and else not', async () => {
    const { stack, app } = await start({ origins: ['https://app.example'] })
    const options = { token: signToken('ada'), method: app.header(), reconnect: false } as const
    const client = new app.AuthClient(stack.url, options)
    // The phone hides the 403 from its JavaScript.
    expect(await listenToClient(client)()).toMatchObject({ code: 1006 })

    const listed = ['https://app.example', 'http://localhost:1', origin(stack)]
    stack.wss.close()
    const wss = new AuthWebSocketServer({ server: stack.server, auth: { verifier, origins: listed } })
    wss.on('connection', echo)
    const other = new app.AuthClient(stack.url, options)
    onTestFinished(() => other.close())
    expect(await listenToClient(other)()).toEqual({ data: 'hello ada' })
  })

  it.each(['firstMessage', 'query', 'subprotocol'] as const)('%s() works on a phone too', async (way) => {
    const methods = [firstMessage(), query({ param: 'token' }), subprotocol()]
    const { stack, app } = await start({ methods })
    const client = new app.AuthClient(stack.url, { token: signToken('ada'), method: app[way]({}) })
    onTestFinished(() => client.close())
    expect(await listenToClient(client)()).toEqual({ data: 'hello ada' })
  })

  it('ticket() works on a phone too, though its fetch names no Origin and its WebSocket does', async () => {
    const house = await startOpenHouse({ auth: (port) => ({ origins: [`http://localhost:${port}`] }) })
    onTestFinished(() => house.close())
    const app = await startPhone(platform)
    const client = new app.AuthClient(`ws://localhost:${house.port}/ws`, {
      token: signToken('ada'),
      method: app.ticket({ endpoint: `http://localhost:${house.port}/ticket` }),
    })
    onTestFinished(() => client.close())
    expect(await listenToClient(client)()).toEqual({ data: 'hello ada' })
  })

  it('binary messages are ArrayBuffers, both ways', async () => {
    const { stack, app } = await start()
    const client = new app.AuthClient(stack.url, { token: () => signToken('ada'), method: app.header() })
    onTestFinished(() => client.close())
    const next = listenToClient(client)
    await next()
    client.send(new Uint8Array([1, 2, 3]))
    const heard = await next()
    expect([...new Uint8Array((heard as { data: ArrayBuffer }).data)]).toEqual([1, 2, 3])
  })

  it('comes back authenticated after a dropped connection', async () => {
    const { stack, upgrades, app } = await start()
    const client = new app.AuthClient(stack.url, {
      token: () => signToken('ada'),
      method: app.header(),
      reconnect: { minDelayMs: 100, maxDelayMs: 100 },
    })
    onTestFinished(() => client.close())
    const next = listenToClient(client)
    expect(await next()).toEqual({ data: 'hello ada' })
    stack.dropConnections()
    expect(await next()).toMatchObject({ code: 1006, action: 'retry' })
    expect(await next()).toEqual({ data: 'hello ada' })
    expect(upgrades.length).toBe(2)
  })

  it('close() while connecting ends it, and leaves no orphan at the server', async () => {
    const { stack, app } = await start()
    const opened = once(stack.server, 'upgrade')
    const AuthWebSocket = app.createWebSocketClass({ token: () => signToken('ada') })
    const socket = new AuthWebSocket(stack.url)
    const next = listenTo(socket)
    const [, raw] = await opened
    socket.close()
    expect(await next()).toMatchObject({ code: 1006 })
    // Android loses a close() before the open; the socket that opens all the same is closed then.
    raw.on('error', () => {})
    if (!raw.destroyed) await new Promise((resolve) => raw.once('close', resolve))
  })

  it('an address is dialled as it was given, whatever slash the URL of an older version puts behind it', async () => {
    const house = await startOpenHouse({ auth: (port) => ({ origins: [`http://localhost:${port}`] }) })
    onTestFinished(() => house.close())
    const app = await startPhone(platform, { URL: OldUrl })
    const client = new app.AuthClient(`ws://localhost:${house.port}/ws`, {
      token: signToken('ada'),
      method: app.ticket({ endpoint: `http://localhost:${house.port}/ticket` }),
    })
    onTestFinished(() => client.close())
    expect(await listenToClient(client)()).toEqual({ data: 'hello ada' })
    const AuthWebSocket = app.createWebSocketClass({ token: signToken('ada') })
    const socket = new AuthWebSocket(`ws://localhost:${house.port}`)
    expect(socket.url).toBe(`ws://localhost:${house.port}/`)
    expect(await listenTo(socket)()).toMatchObject({ code: 1006 })
  })
})
