// R7: the token as the one sub-protocol.

import { createServer } from 'node:http'
import { AuthClient, createWebSocketClass, subprotocol } from '@wsauth/client'
import { subprotocol as subprotocolMethod } from '@wsauth/server'
import jwt from 'jsonwebtoken'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws'
import { listenTo, listenToClient } from '../../src/heard.ts'
import { key, listen, signToken, startStack, stop } from '../../src/stack.ts'

describe('R7, hand-written client, AuthWebSocketServer', () => {
  const connect = async (token: string, allowBare = true) => {
    const seen: unknown[] = []
    const stack = await startStack({ methods: [subprotocolMethod({ allowBare })] }, (socket, request) => {
      seen.push(socket.protocol, request.headers['sec-websocket-protocol'], request.rawHeaders)
      socket.send(`hello ${socket.auth.userId}`)
    })
    onTestFinished(() => stack.close())
    const ws = new WebSocket(stack.url, [token])
    return { ws, seen, next: listenTo(ws) }
  }

  it('gets in, and the token is selected because browsers insist', async () => {
    const token = signToken('ada')
    const { ws, seen, next } = await connect(token)
    expect(await next()).toEqual({ data: 'hello ada' })
    expect(ws.protocol).toBe(token)
    expect(JSON.stringify(seen)).not.toContain(token)
  })

  it('is refused with a token of another key', async () => {
    const { next } = await connect(
      jwt.sign({ sub: 'eve' }, 'another-secret-of-32-characters!', { expiresIn: 30 }),
    )
    expect(await next()).toMatchObject({ code: 1006 })
  })

  it('is refused by a server that was not told to take bare tokens', async () => {
    const { next } = await connect(signToken('ada'), false)
    expect(await next()).toMatchObject({ code: 1006 })
  })
})

describe('R7, wsauth client, hand-written server', () => {
  async function handWrittenServer(): Promise<string> {
    const server = createServer()
    const wss = new WebSocketServer({ noServer: true })

    server.on('upgrade', (request, socket, head) => {
      const token = request.headers['sec-websocket-protocol']
      try {
        const user = jwt.verify(token ?? '', key)
        wss.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws, user))
      } catch {
        socket.destroy()
      }
    })
    wss.on('connection', (ws: ServerSocket, user: jwt.JwtPayload) => ws.send(`hello ${user.sub}`))

    onTestFinished(() => stop(server, wss))
    return `ws://localhost:${await listen(server)}/`
  }

  it('AuthClient gets in', async () => {
    const url = await handWrittenServer()
    const client = new AuthClient(url, { token: signToken('ada'), method: subprotocol({ bare: true }) })
    onTestFinished(() => client.close())
    expect(await listenToClient(client)()).toEqual({ data: 'hello ada' })
  })

  it('AuthClient comes back with a retry, not a new token, where the server hangs up without a word', async () => {
    const url = await handWrittenServer()
    const client = new AuthClient(url, {
      token: 'x.y.z',
      method: subprotocol({ bare: true }),
      reconnect: false,
    })
    onTestFinished(() => client.close())
    expect(await listenToClient(client)()).toMatchObject({ code: 1006, action: 'retry' })
  })

  it('the class gets in, and shows no token as its protocol', async () => {
    const url = await handWrittenServer()
    const AuthWebSocket = createWebSocketClass({
      token: () => signToken('ada'),
      method: subprotocol({ bare: true }),
    })
    const ws = new AuthWebSocket(url)
    onTestFinished(() => ws.close())
    expect(await listenTo(ws)()).toEqual({ data: 'hello ada' })
    expect(ws.protocol).toBe('')
  })
})
