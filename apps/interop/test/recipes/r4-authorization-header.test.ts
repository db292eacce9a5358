// R4: `Authorization: Bearer …` in the upgrade request, where the client can set headers: React Native and Node.
// (React Native's own WebSocket: ../react-native.test.ts.)

import { createServer } from 'node:http'
import { AuthClient, createWebSocketClass, header } from '@wsauth/client'
import jwt from 'jsonwebtoken'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { listenTo, listenToClient } from '../../src/heard.ts'
import { key, listen, signToken, startStack, stop } from '../../src/stack.ts'

describe('R4, hand-written client, AuthWebSocketServer', () => {
  const connect = async (token: string) => {
    const stack = await startStack()
    onTestFinished(() => stack.close())
    const ws = new WebSocket(stack.url, { headers: { Authorization: `Bearer ${token}` } })
    return { ws, next: listenTo(ws as never) }
  }

  it('gets in', async () => {
    const { ws, next } = await connect(signToken('ada'))
    expect(await next()).toEqual({ data: 'hello ada' })
    ws.send('one')
    expect(await next()).toEqual({ data: 'one' })
  })

  it('reads 401 where the token is of another key', async () => {
    const { ws } = await connect(
      jwt.sign({ sub: 'eve' }, 'another-secret-of-32-characters!', { expiresIn: 30 }),
    )
    const error = await new Promise<Error>((resolve) => ws.on('error', resolve))
    expect(error.message).toBe('Unexpected server response: 401')
  })
})

describe('R4, wsauth client, hand-written server', () => {
  async function handWrittenServer(): Promise<string> {
    const server = createServer()
    const wss = new WebSocketServer({ noServer: true })

    server.on('upgrade', (request, socket, head) => {
      const [scheme, token] = (request.headers.authorization ?? '').split(' ')
      try {
        if (scheme !== 'Bearer') throw new Error('no bearer token')
        const user = jwt.verify(token ?? '', key)
        wss.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws, user))
      } catch {
        socket.write('HTTP/1.1 401 Unauthorized\r\n\r\n')
        socket.destroy()
      }
    })
    wss.on('connection', (ws: WebSocket, user: jwt.JwtPayload) => ws.send(`hello ${user.sub}`))

    onTestFinished(() => stop(server, wss))
    return `ws://localhost:${await listen(server)}/`
  }

  it('AuthClient gets in', async () => {
    const url = await handWrittenServer()
    const client = new AuthClient(url, { token: () => signToken('ada'), method: header(), version: 0 })
    onTestFinished(() => client.close())
    expect(await listenToClient(client)()).toEqual({ data: 'hello ada' })
  })

  it('AuthClient reads the 401 as a refusal of the token', async () => {
    const url = await handWrittenServer()
    const client = new AuthClient(url, { token: 'x.y.z', method: header(), version: 0 })
    onTestFinished(() => client.close())
    const next = listenToClient(client)
    await expect(client.ready()).rejects.toThrow()
    expect(await next()).toMatchObject({ action: expect.stringMatching(/refresh|stop/) })
  })

  it('the class gets in', async () => {
    const url = await handWrittenServer()
    const AuthWebSocket = createWebSocketClass({
      token: () => signToken('ada'),
      method: header(),
      version: 0,
    })
    const ws = new AuthWebSocket(url)
    onTestFinished(() => ws.close())
    expect(await listenTo(ws)()).toEqual({ data: 'hello ada' })
  })
})
