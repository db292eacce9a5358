// R2: connect, then `{"type":"auth","token":"…"}` as the first message; five seconds to do so.

import { AuthClient, createWebSocketClass } from '@wsauth/client'
import jwt from 'jsonwebtoken'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { urlOf } from '../../src/hand-written.ts'
import { listenTo, listenToClient } from '../../src/heard.ts'
import { key, signToken, startStack } from '../../src/stack.ts'

describe('R2, hand-written client, AuthWebSocketServer', () => {
  function connectAuthenticated(url: string, token: string): Promise<{ ws: WebSocket; userId: string }> {
    return new Promise((resolve, reject) => {
      const ws = new WebSocket(url)
      ws.onopen = () => ws.send(JSON.stringify({ type: 'auth', token }))
      ws.onmessage = (event) => {
        const message = JSON.parse(event.data)
        if (message.type === 'auth_ok') resolve({ ws, userId: message.userId })
        if (message.type === 'auth_fail') {
          ws.close()
          reject(new Error('Authentication failed'))
        }
      }
      ws.onclose = (event) => reject(new Error(`${event.code} ${event.reason}`))
    })
  }

  it('waits for auth_ok, and then talks', async () => {
    const stack = await startStack({}, (socket) => {
      socket.on('message', (data) => socket.send(`${socket.auth.userId} says ${data}`))
    })
    onTestFinished(() => stack.close())
    const { ws, userId } = await connectAuthenticated(stack.url, signToken('ada'))
    expect(userId).toBe('ada')
    ws.onmessage = null
    const next = listenTo(ws)
    ws.send('one')
    expect(await next()).toEqual({ data: 'ada says one' })
  })

  it('closes on auth_fail', async () => {
    const stack = await startStack()
    onTestFinished(() => stack.close())
    await expect(connectAuthenticated(stack.url, 'x.y.z')).rejects.toThrow('Authentication failed')
  })

  it('reads the exact words: version 0, both ways', async () => {
    const stack = await startStack()
    onTestFinished(() => stack.close())
    const ws = new WebSocket(stack.url)
    const next = listenTo(ws)
    ws.onopen = () => {
      ws.send('ignored')
      ws.send(JSON.stringify({ type: 'auth', token: 'x.y.z' }))
    }
    expect(await next()).toEqual({ data: '{"type":"auth_fail"}' })
    expect(await next()).toEqual({ code: 4001, reason: 'Authentication failed' })
  })

  it('is closed with 4001 where it says nothing in time', async () => {
    const stack = await startStack({ deadlineMs: 100 })
    onTestFinished(() => stack.close())
    const next = listenTo(new WebSocket(stack.url))
    await next() // auth_fail, in full: nobody has said which version this client speaks
    expect(await next()).toEqual({ code: 4001, reason: 'Authentication timeout' })
  })
})

describe('R2, wsauth client, hand-written server', () => {
  function handWrittenServer(timeoutMs = 5_000): Promise<string> {
    const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' })

    wss.on('connection', (ws) => {
      let user: jwt.JwtPayload | undefined
      const timer = setTimeout(() => ws.close(4001, 'Authentication timeout'), timeoutMs)
      ws.on('message', (data) => {
        if (user) {
          ws.send(`${user.sub} says ${data}`)
          return
        }
        const message = JSON.parse(data.toString())
        if (message.type !== 'auth') return
        clearTimeout(timer)
        try {
          user = jwt.verify(message.token, key) as jwt.JwtPayload
          ws.send(JSON.stringify({ type: 'auth_ok', userId: user.sub }))
        } catch {
          ws.send(JSON.stringify({ type: 'auth_fail' }))
          ws.close(4001, 'Authentication failed')
        }
      })
      ws.on('close', () => clearTimeout(timer))
    })

    return urlOf(wss)
  }

  it('AuthClient opens with the user id, and talks', async () => {
    const client = new AuthClient(await handWrittenServer(), { token: () => signToken('ada') })
    onTestFinished(() => client.close())
    const opened = new Promise((resolve) => client.on('open', resolve))
    const next = listenToClient(client)
    client.send('one')
    expect(await opened).toMatchObject({ userId: 'ada' })
    expect(await next()).toEqual({ data: 'ada says one' })
  })

  it('AuthClient asks for another token once after auth_fail, and gets in with it', async () => {
    const asked: (string | undefined)[] = []
    const client = new AuthClient(await handWrittenServer(), {
      token: ({ reason }) => {
        asked.push(reason)
        return reason === 'refused' ? signToken('ada') : 'x.y.z'
      },
      reconnect: { minDelayMs: 100, maxDelayMs: 100 },
    })
    onTestFinished(() => client.close())
    const next = listenToClient(client)
    expect(await next()).toMatchObject({ code: 4001, action: 'refresh' })
    await client.ready()
    expect(asked).toEqual(['connect', 'refused'])
  })

  it('the class opens after auth_ok, and shows neither control message', async () => {
    const AuthWebSocket = createWebSocketClass({ token: () => signToken('ada') })
    const ws = new AuthWebSocket(await handWrittenServer())
    onTestFinished(() => ws.close())
    const next = listenTo(ws)
    ws.onopen = () => ws.send('one')
    expect(await next()).toEqual({ data: 'ada says one' })
  })

  it('the class closes with 4001 after auth_fail', async () => {
    const AuthWebSocket = createWebSocketClass({ token: () => 'x.y.z' })
    const next = listenTo(new AuthWebSocket(await handWrittenServer()))
    expect(await next()).toMatchObject({ code: 4001 })
  })
})
