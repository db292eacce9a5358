import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { AuthWebSocketServer, ticket, ticketEndpoint, type Verifier } from '@wsauth/server'
import { describe, expect, it } from 'vitest'
import { RedisTicketStore } from '../src/ticket-store.ts'
import { type Connection, dump, officialClient } from './support/clients.ts'
import { hasRedis, RedisServer } from './support/redis-server.ts'

const verifier: Verifier = (token) => ({ userId: token, issuedAt: Date.now() - 60_000 })

async function listening({ client }: Connection): Promise<AuthWebSocketServer> {
  const methods = [ticket({ store: new RedisTicketStore({ client }) })]
  const wss = new AuthWebSocketServer({ port: 0, host: '127.0.0.1', auth: { verifier, methods } })
  if (wss.address() === null) await once(wss, 'listening')
  return wss
}

function opens(wss: AuthWebSocketServer, text: string): Promise<boolean> {
  const { port } = wss.address() as AddressInfo
  const socket = new WebSocket(`ws://127.0.0.1:${port}/?ticket=${text}`)
  return new Promise((resolve) => {
    socket.onopen = () => resolve(true)
    socket.onerror = () => resolve(false)
  })
}

describe.skipIf(!hasRedis)('a ticket made by one node', () => {
  it('opens a connection at another, once on all of them, and stands nowhere in Redis', async () => {
    await using redis = await RedisServer.start()
    await using one = await officialClient(redis)
    await using two = await officialClient(redis)
    const store = new RedisTicketStore({ client: one.client })
    const endpoint = ticketEndpoint({ verifier, store, origins: ['https://app.example'] })
    const nodes = [await listening(one), await listening(two)]
    const response = await endpoint(
      new Request('http://127.0.0.1/ticket', { method: 'POST', headers: { Authorization: 'Bearer ada' } }),
    )
    expect(response.status).toBe(200)
    const { ticket: text } = (await response.json()) as { ticket: string }
    expect(await dump(one)).not.toContain(text)
    const attempts = await Promise.all([...nodes, ...nodes].map((node) => opens(node, text)))
    expect(attempts.filter(Boolean)).toHaveLength(1)
    const [socket] = nodes.flatMap(({ clients }) => [...clients])
    expect(socket?.auth.userId).toBe('ada')
    for (const node of nodes) {
      for (const client of node.clients) client.terminate()
      await new Promise((resolve) => node.close(resolve))
    }
  })
})
