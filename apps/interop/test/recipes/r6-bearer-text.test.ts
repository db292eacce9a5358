// R6: connect, then `Authorization: Bearer …` as the first message, as text. The recipe knows no answer.

import { AuthClient, createWebSocketClass, firstMessage } from '@wsauth/client'
import jwt from 'jsonwebtoken'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { urlOf } from '../../src/hand-written.ts'
import { listenTo, listenToClient } from '../../src/heard.ts'
import { key, signToken, startStack } from '../../src/stack.ts'

describe('R6, hand-written client, AuthWebSocketServer', () => {
  const connect = async (token: string) => {
    const stack = await startStack()
    onTestFinished(() => stack.close())
    const ws = new WebSocket(stack.url)
    ws.onopen = () => ws.send(`Authorization: Bearer ${token}`)
    return { ws, next: listenTo(ws) }
  }

  it('gets in', async () => {
    const { ws, next } = await connect(signToken('ada'))
    expect(await next()).toEqual({ data: '{"type":"auth_ok","userId":"ada"}' })
    expect(await next()).toEqual({ data: 'hello ada' })
    ws.send('one')
    expect(await next()).toEqual({ data: 'one' })
  })

  it('is refused', async () => {
    const { next } = await connect('x.y.z')
    expect(await next()).toEqual({ data: '{"type":"auth_fail"}' })
    expect(await next()).toEqual({ code: 4001, reason: 'Authentication failed' })
  })
})

describe('R6, wsauth client, hand-written server', () => {
  function handWrittenServer(): Promise<string> {
    const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    wss.on('connection', (ws) => {
      ws.once('message', (message) => {
        try {
          const user = jwt.verify(message.toString().replace('Authorization: Bearer ', ''), key)
          ws.on('message', (data) => ws.send(`${user.sub} says ${data}`))
        } catch {
          ws.close()
        }
      })
    })
    return urlOf(wss)
  }

  it('AuthClient is open at once, and talks', async () => {
    const client = new AuthClient(await handWrittenServer(), {
      token: () => signToken('ada'),
      method: firstMessage({ bearerText: true }),
    })
    onTestFinished(() => client.close())
    const next = listenToClient(client)
    client.send('one')
    expect(await next()).toEqual({ data: 'ada says one' })
  })

  it('the class is open at once, and talks', async () => {
    const AuthWebSocket = createWebSocketClass({
      token: () => signToken('ada'),
      method: firstMessage({ bearerText: true }),
    })
    const ws = new AuthWebSocket(await handWrittenServer())
    onTestFinished(() => ws.close())
    const next = listenTo(ws)
    ws.onopen = () => ws.send('one')
    expect(await next()).toEqual({ data: 'ada says one' })
  })
})
