import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { AuthWebSocketServer, firstMessage, header, jwtVerifier, tokenIssuer } from '@wsauth/server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { afterEach, describe, expect, it } from 'vitest'
import { dial } from './support.ts'

// Recipe R10 under each framework as its own documentation sets it up: name and password over HTTP give a JWT, and the
// JWT opens the socket.

const key = 'a secret of at least thirty-two bytes'
const terms = { issuer: 'https://app.example', audience: 'chat' }
const { issue } = tokenIssuer({ key, algorithm: 'HS256', ...terms, ttlMs: 60_000 })
const users: Record<string, string> = { alice: 'correct horse' }

/** What the log-in answers: a token, or `undefined` for a wrong password. */
async function logIn(body: unknown): Promise<string | undefined> {
  const { name, password } = Object(body)
  return users[name] !== undefined && users[name] === password
    ? issue({ userId: name, claims: { role: 'user' } })
    : undefined
}

interface App {
  readonly port: number
  stop(): Promise<void>
}

function authServer(server: Server): AuthWebSocketServer {
  const wss = new AuthWebSocketServer({
    server,
    path: '/ws',
    auth: {
      verifier: jwtVerifier({ key, algorithms: ['HS256'], ...terms }),
      methods: [firstMessage(), header()],
    },
  })
  wss.on('connection', (socket) => {
    socket.on('message', (data) => socket.send(`${socket.auth.userId}: ${data}`))
  })
  return wss
}

async function started(server: Server, close: () => Promise<unknown> | unknown): Promise<App> {
  const wss = authServer(server)
  if (!server.listening) await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const client of wss.clients) client.terminate()
      await new Promise<void>((resolve) => wss.close(() => resolve()))
      await close()
    },
  }
}

const frameworks: Record<string, () => Promise<App>> = {
  'Express 5': async () => {
    const app = express()
    app.use(express.json())
    app.post('/login', async (request, response) => {
      const token = await logIn(request.body)
      if (token === undefined) response.status(401).end()
      else response.json({ token })
    })
    const server = app.listen(0, '127.0.0.1')
    return started(server, () => server.close())
  },
  'Fastify 5': async () => {
    const app = Fastify()
    app.post('/login', async (request, reply) => {
      const token = await logIn(request.body)
      return token === undefined ? reply.code(401).send() : { token }
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return started(app.server, () => app.close())
  },
  'Koa 3': async () => {
    const app = new Koa()
    app.use(async (context) => {
      let text = ''
      for await (const chunk of context.req) text += chunk
      const token = await logIn(JSON.parse(text))
      if (token === undefined) context.status = 401
      else context.body = { token }
    })
    const server = app.listen(0, '127.0.0.1')
    return started(server, () => server.close())
  },
  "Hono's Node server": async () => {
    const app = new Hono()
    app.post('/login', async (context) => {
      const token = await logIn(await context.req.json())
      return token === undefined ? context.body(null, 401) : context.json({ token })
    })
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1', createServer }) as Server
    return started(server, () => server.close())
  },
}

let stop: (() => Promise<void>) | undefined
afterEach(async () => {
  await stop?.()
  stop = undefined
})

describe.each(Object.entries(frameworks))('R10 under %s', (_, boot) => {
  it('logs in over HTTP, connects with the JWT, and is heard', async () => {
    const app = await boot()
    stop = app.stop
    const ask = (password: string) =>
      fetch(`http://127.0.0.1:${app.port}/login`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Connection: 'close' },
        body: JSON.stringify({ name: 'alice', password }),
      })
    expect((await ask('wrong')).status).toBe(401)
    const { token } = (await (await ask('correct horse')).json()) as { token: string }
    const url = `ws://127.0.0.1:${app.port}/ws`

    const page = dial(url)
    await once(page.socket, 'open')
    page.send(JSON.stringify({ type: 'auth', token }))
    expect(await page.message(0)).toBe('{"type":"auth_ok","userId":"alice"}')
    page.send('hello')
    expect(await page.message(1)).toBe('alice: hello')

    const phone = dial(url, [], { headers: { Authorization: `Bearer ${token}` } })
    await once(phone.socket, 'open')
    phone.send('hi')
    expect(await phone.message(0)).toBe('alice: hi')

    const forged = dial(url)
    await once(forged.socket, 'open')
    forged.send(JSON.stringify({ type: 'auth', token: `${token.slice(0, -6)}AAAAAA` }))
    expect(await forged.closed).toEqual({ code: 4001, reason: 'Authentication failed' })
  })
})
