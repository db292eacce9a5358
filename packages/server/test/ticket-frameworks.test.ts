import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { AuthWebSocketServer, MemoryTicketStore, ticket, ticketEndpoint, toNodeHandler } from '@wsauth/server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { afterEach, expect, it } from 'vitest'
import { dial, verifier } from './support.ts'

// The ticket endpoint under each framework, with the body parser that people have: the path in the body binds the ticket.

type Endpoint = ReturnType<typeof ticketEndpoint>
interface App {
  readonly server: Server
  close(): unknown
}

const frameworks: Record<string, (endpoint: Endpoint) => App | Promise<App>> = {
  'Express 5': (endpoint) => {
    const server = express().post('/ticket', toNodeHandler(endpoint)).listen(0, '127.0.0.1')
    return { server, close: () => server.close() }
  },
  'Express 5 with express.json()': (endpoint) => {
    const app = express().use(express.json())
    const server = app.post('/ticket', toNodeHandler(endpoint)).listen(0, '127.0.0.1')
    return { server, close: () => server.close() }
  },
  'Fastify 5': async (endpoint) => {
    const app = Fastify()
    const handler = toNodeHandler(endpoint)
    app.post('/ticket', (request, reply) => {
      reply.hijack()
      return handler(Object.assign(request.raw, { body: request.body }), reply.raw)
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return { server: app.server, close: () => app.close() }
  },
  'Koa 3': (endpoint) => {
    const handler = toNodeHandler(endpoint)
    const app = new Koa().use((context) => {
      context.respond = false
      return handler(context.req, context.res)
    })
    const server = app.listen(0, '127.0.0.1')
    return { server, close: () => server.close() }
  },
  "Hono's Node server": (endpoint) => {
    const app = new Hono().post('/ticket', (context) => endpoint(context.req.raw))
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1', createServer }) as Server
    return { server, close: () => server.close() }
  },
}

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

it.each(Object.entries(frameworks))(
  'a ticket of %s opens the path that it was asked for, and no other',
  async (_, boot) => {
    const store = new MemoryTicketStore()
    const { server, close } = await boot(ticketEndpoint({ verifier, store, origins: [] }))
    if (!server.listening) await once(server, 'listening')
    const wss = new AuthWebSocketServer({ server, auth: { verifier, methods: [ticket({ store })] } })
    stops.push(() => {
      for (const client of wss.clients) client.terminate()
      wss.close()
      return close()
    })
    const { port } = server.address() as AddressInfo
    const ask = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/ticket`, {
        method: 'POST',
        headers: {
          Authorization: 'Bearer good:ada',
          'Content-Type': 'application/json',
          Connection: 'close',
        },
        body: '{"path":"/ws"}',
      })
      return ((await response.json()) as { ticket: string }).ticket
    }
    const elsewhere = dial(`ws://127.0.0.1:${port}/other?ticket=${await ask()}`)
    const [, response] = await once(elsewhere.socket, 'unexpected-response')
    expect(response.statusCode).toBe(401)
    elsewhere.socket.terminate()
    await once(dial(`ws://127.0.0.1:${port}/ws?ticket=${await ask()}`).socket, 'open')
  },
)
