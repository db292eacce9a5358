import { createServer, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { AuthClient } from '@wsauth/client'
import { AuthWebSocketServer } from '@wsauth/server'
import { expect, it } from 'vitest'
import { eventually } from '../../src/eventually.ts'
import { listen, stop } from '../../src/stack.ts'

const count = 1_000
const overMs = 20_000

it('a thousand clients leave a node that drains: none before its time, and spread', async () => {
  const node = () => new AuthWebSocketServer({ noServer: true, auth: { verifier: (userId) => ({ userId }) } })
  const draining = node()
  const other = node()
  const server = createServer()
  const upgrade = (wss: AuthWebSocketServer) => (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    wss.handleUpgrade(request, socket, head, (client, request) => wss.emit('connection', client, request))
  server.on('upgrade', upgrade(draining))
  const url = `ws://127.0.0.1:${await listen(server)}/`

  const clients = Array.from({ length: count }, (_, i) => new AuthClient(url, { token: `user${i}` }))
  try {
    await Promise.all(clients.map((client) => client.ready()))
    expect(draining.clients.size).toBe(count)

    /** When each client was told to stay away, for how long, and when it was let in by the other node. */
    const closedAtMs = new Map<string, number>()
    const waitMs = new Map<string, number>()
    const backAtMs = new Map<string, number>()
    for (const [i, client] of clients.entries()) {
      client.on('close', ({ reason }) => {
        closedAtMs.set(`user${i}`, performance.now())
        waitMs.set(`user${i}`, Number(/retry-after-ms=(\d+)/.exec(reason)?.[1]))
      })
    }
    other.on('connection', ({ auth }) => backAtMs.set(auth.userId, performance.now()))
    // The balancer sends nobody to a node that drains.
    server.removeAllListeners('upgrade').on('upgrade', upgrade(other))
    const startMs = performance.now()
    expect(await draining.drain({ overMs })).toEqual({ closed: count, left: 0, refused: 0 })
    await eventually(() => expect(backAtMs.size).toBe(count))

    const buckets = new Map<number, number>()
    for (const [user, atMs] of backAtMs) {
      const wait = waitMs.get(user) ?? Number.NaN
      expect(wait).toBeGreaterThan(0)
      expect(atMs - (closedAtMs.get(user) ?? Number.NaN), user).toBeGreaterThanOrEqual(wait - 2) // timers of Node round
      const second = Math.floor((atMs - startMs) / 1_000)
      buckets.set(second, (buckets.get(second) ?? 0) + 1)
    }
    expect(Math.max(...buckets.values())).toBeLessThanOrEqual(0.08 * count)
    expect(other.clients.size).toBe(count)
  } finally {
    for (const client of clients) client.close()
    draining.close()
    await stop(server, other)
  }
}, 60_000)
