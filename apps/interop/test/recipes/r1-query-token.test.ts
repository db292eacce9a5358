// R1: the token in the URL, as `?token=…`.

import { createServer } from 'node:http'
import { AuthClient, createWebSocketClass, query } from '@wsauth/client'
import { query as queryMethod } from '@wsauth/server'
import jwt from 'jsonwebtoken'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws'
import { listenTo, listenToClient } from '../../src/heard.ts'
import { key, listen, signToken, startStack, stop } from '../../src/stack.ts'

describe('R1, hand-written client, AuthWebSocketServer', () => {
  const connect = async (token: string) => {
    const stack = await startStack({ methods: [queryMethod({ param: 'token' })] })
    onTestFinished(() => stack.close())
    const ws = new WebSocket(`${stack.url}/?token=${token}`)
    return { ws, stack, next: listenTo(ws) }
  }

  it('gets in', async () => {
    const { ws, next } = await connect(signToken('ada'))
    expect(await next()).toEqual({ data: 'hello ada' })
    ws.send('one')
    expect(await next()).toEqual({ data: 'one' })
  })

  it('is refused with a token of another key', async () => {
    const { next } = await connect(
      jwt.sign({ sub: 'eve' }, 'another-secret-of-32-characters!', { expiresIn: 30 }),
    )
    expect(await next()).toMatchObject({ code: 1006 })
  })

  it('is refused with a token that lives long: logs keep URLs', async () => {
    const { next } = await connect(signToken('ada', { expiresIn: 3_600 }))
    expect(await next()).toMatchObject({ code: 1006 })
  })
})

describe('R1, wsauth client, hand-written server', () => {
  async function handWrittenServer(): Promise<string> {
    const server = createServer()
    const wss = new WebSocketServer({ noServer: true })

    server.on('upgrade', (request, socket, head) => {
      const { searchParams } = new URL(request.url ?? '', 'http://localhost')
      const token = searchParams.get('token')
      try {
        const user = jwt.verify(token ?? '', key)
        wss.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws, user))
      } catch {
        socket.write('HTTP/1.1 401 Unauthorized\r\n\r\n')
        socket.destroy()
      }
    })
    wss.on('connection', (ws: ServerSocket, user: jwt.JwtPayload) => ws.send(`hello ${user.sub}`))

    onTestFinished(() => stop(server, wss))
    return `ws://localhost:${await listen(server)}/`
  }

  it('AuthClient gets in', async () => {
    const url = await handWrittenServer()
    const token = signToken('ada')
    const client = new AuthClient(url, { token, method: query({ param: 'token' }), version: 0 })
    onTestFinished(() => client.close())
    expect(await listenToClient(client)()).toEqual({ data: 'hello ada' })
  })

  it('AuthClient reads the 401 and stops after the one token it has', async () => {
    const url = await handWrittenServer()
    const client = new AuthClient(url, { token: 'x.y.z', method: query({ param: 'token' }), version: 0 })
    onTestFinished(() => client.close())
    await expect(client.ready()).rejects.toThrow()
  })

  it('the class gets in', async () => {
    const url = await handWrittenServer()
    const AuthWebSocket = createWebSocketClass({
      token: () => signToken('ada'),
      method: query({ param: 'token' }),
      version: 0,
    })
    const ws = new AuthWebSocket(url)
    onTestFinished(() => ws.close())
    expect(await listenTo(ws)()).toEqual({ data: 'hello ada' })
  })
})
