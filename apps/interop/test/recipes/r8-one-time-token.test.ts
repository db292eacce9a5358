// R8: a one-time token, fetched over HTTP and good for half a minute, in the URL.

import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { AuthClient, createWebSocketClass, ticket } from '@wsauth/client'
import {
  AuthWebSocketServer,
  MemoryTicketStore,
  ticketEndpoint,
  ticket as ticketMethod,
  toNodeHandler,
} from '@wsauth/server'
import jwt from 'jsonwebtoken'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { listenTo, listenToClient } from '../../src/heard.ts'
import { echo, key, listen, signToken, stop, verifier } from '../../src/stack.ts'

describe('R8, hand-written client, AuthWebSocketServer with ticketEndpoint', () => {
  async function start(): Promise<number> {
    const store = new MemoryTicketStore()
    const server = createServer(toNodeHandler(ticketEndpoint({ verifier, store, origins: [] })))
    const wss = new AuthWebSocketServer({ server, auth: { verifier, methods: [ticketMethod({ store })] } })
    wss.on('connection', echo)
    onTestFinished(() => stop(server, wss))
    return listen(server)
  }

  async function fetchTicket(port: number, token: string): Promise<Response> {
    return fetch(`http://localhost:${port}/ticket`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
    })
  }

  it('fetches a ticket and gets in with it, once', async () => {
    const port = await start()
    const response = await fetchTicket(port, signToken('ada'))
    const { ticket, expiresInMs } = await response.json()
    expect(expiresInMs).toBe(30_000)
    expect(response.headers.get('cache-control')).toBe('no-store')

    const ws = new WebSocket(`ws://localhost:${port}/?ticket=${ticket}`)
    expect(await listenTo(ws)()).toEqual({ data: 'hello ada' })
    const again = new WebSocket(`ws://localhost:${port}/?ticket=${ticket}`)
    expect(await listenTo(again)()).toMatchObject({ code: 1006 })
  })

  it('gets no ticket for a token of another key', async () => {
    const port = await start()
    const forged = jwt.sign({ sub: 'eve' }, 'another-secret-of-32-characters!', { expiresIn: 30 })
    expect((await fetchTicket(port, forged)).status).toBe(401)
  })
})

describe('R8, wsauth client, hand-written token store', () => {
  async function handWrittenServer(): Promise<{ port: number; issued: string[] }> {
    const tokens = new Map<string, { userId: string; expires: number }>()
    const issued: string[] = []

    const server: Server = createServer((request, response) => {
      try {
        const user = jwt.verify((request.headers.authorization ?? '').replace('Bearer ', ''), key)
        const oneTimeToken = randomBytes(32).toString('hex')
        tokens.set(oneTimeToken, { userId: String(user.sub), expires: Date.now() + 60_000 })
        issued.push(oneTimeToken)
        response.setHeader('Content-Type', 'application/json')
        response.end(JSON.stringify({ ticket: oneTimeToken }))
      } catch {
        response.writeHead(401).end()
      }
    })

    const wss = new WebSocketServer({ noServer: true })
    server.on('upgrade', (request, socket, head) => {
      const { searchParams } = new URL(request.url ?? '', 'http://localhost')
      const oneTimeToken = searchParams.get('token') ?? ''
      const entry = tokens.get(oneTimeToken)
      tokens.delete(oneTimeToken)
      if (!entry || entry.expires < Date.now()) {
        socket.write('HTTP/1.1 401 Unauthorized\r\n\r\n')
        socket.destroy()
        return
      }
      wss.handleUpgrade(request, socket, head, (ws) => ws.send(`hello ${entry.userId}`))
    })

    onTestFinished(() => stop(server, wss))
    return { port: await listen(server), issued }
  }

  it('AuthClient fetches one for every attempt', async () => {
    const { port, issued } = await handWrittenServer()
    const client = new AuthClient(`ws://localhost:${port}/`, {
      token: () => signToken('ada'),
      method: ticket({ endpoint: `http://localhost:${port}/token`, param: 'token' }),
      version: 0,
    })
    onTestFinished(() => client.close())
    const next = listenToClient(client)
    expect(await next()).toEqual({ data: 'hello ada' })
    client.close()
    expect(await next()).toMatchObject({ action: 'stop' })
    client.connect()
    expect(await next()).toEqual({ data: 'hello ada' })
    expect(new Set(issued).size).toBe(2)
  })

  it('the class gets in', async () => {
    const { port } = await handWrittenServer()
    const AuthWebSocket = createWebSocketClass({
      token: () => signToken('ada'),
      method: ticket({ endpoint: `http://localhost:${port}/token`, param: 'token' }),
      version: 0,
    })
    const ws = new AuthWebSocket(`ws://localhost:${port}/`)
    onTestFinished(() => ws.close())
    expect(await listenTo(ws)()).toEqual({ data: 'hello ada' })
  })

  it('AuthClient stops where the token is not worth a one-time token', async () => {
    const { port } = await handWrittenServer()
    const client = new AuthClient(`ws://localhost:${port}/`, {
      token: 'x.y.z',
      method: ticket({ endpoint: `http://localhost:${port}/token`, param: 'token' }),
      version: 0,
    })
    onTestFinished(() => client.close())
    await expect(client.ready()).rejects.toThrow()
  })
})
