// R9: the token with each message.

import { AuthClient, firstMessage } from '@wsauth/client'
import jwt from 'jsonwebtoken'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { urlOf } from '../../src/hand-written.ts'
import { listenTo, listenToClient } from '../../src/heard.ts'
import { key, signToken, startStack } from '../../src/stack.ts'

describe('R9, hand-written client, AuthWebSocketServer', () => {
  it('each message is verified, then delivered', async () => {
    const stack = await startStack({ continuous: true })
    onTestFinished(() => stack.close())
    const ws = new WebSocket(stack.url)
    const next = listenTo(ws)
    ws.addEventListener('open', () => ws.send(JSON.stringify({ type: 'auth', token: signToken('ada') })))
    expect(await next()).toEqual({ data: '{"type":"auth_ok","userId":"ada"}' })
    expect(await next()).toEqual({ data: 'hello ada' })

    ws.send(JSON.stringify({ type: 'message', token: signToken('ada'), data: 'one' }))
    expect(await next()).toEqual({ data: 'one' })
    // Of somebody else, though good: not delivered.
    ws.send(JSON.stringify({ type: 'message', token: signToken('eve'), data: 'two' }))
    expect(await next()).toMatchObject({ code: 4001 })
  })
})

describe('R9, wsauth client, hand-written server', () => {
  it('AuthClient puts its token beside each message', async () => {
    const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    wss.on('connection', (ws) => {
      ws.on('message', (message) => {
        const { type, token, data } = JSON.parse(message.toString())
        try {
          const user = jwt.verify(token, key)
          if (type === 'auth') ws.send(JSON.stringify({ type: 'auth_ok', userId: user.sub }))
          else ws.send(`${user.sub} says ${data}`)
        } catch {
          ws.close(4001, 'Authentication failed')
        }
      })
    })
    const client = new AuthClient(await urlOf(wss), {
      token: () => signToken('ada'),
      method: firstMessage(),
      continuous: true,
    })
    onTestFinished(() => client.close())
    const next = listenToClient(client)
    client.send('one')
    expect(await next()).toEqual({ data: 'ada says one' })
    client.send('two')
    expect(await next()).toEqual({ data: 'ada says two' })
  })
})
