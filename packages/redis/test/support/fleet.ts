import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { AuthWebSocketServer, type Verifier } from '@wsauth/server'
import { RedisFleet } from '../../src/fleet.ts'
import { RedisLimiter } from '../../src/limiter.ts'
import { RedisRevocations } from '../../src/revocations.ts'
import { type Connection, officialClient } from './clients.ts'
import type { RedisServer } from './redis-server.ts'

/** The token is the user's name; it was made a minute ago. */
const verifier: Verifier = (token) => ({ userId: token, issuedAt: Date.now() - 60_000 })

/** A server with everything that it shares with others in Redis. */
export class FleetNode implements AsyncDisposable {
  readonly wss: AuthWebSocketServer
  readonly revocations: RedisRevocations
  readonly fleet: RedisFleet
  readonly url: string
  readonly #connection: Connection

  private constructor(
    wss: AuthWebSocketServer,
    revocations: RedisRevocations,
    fleet: RedisFleet,
    connection: Connection,
  ) {
    this.wss = wss
    this.revocations = revocations
    this.fleet = fleet
    this.url = `ws://127.0.0.1:${(wss.address() as AddressInfo).port}`
    this.#connection = connection
  }

  static async on(
    redis: RedisServer,
    onOutage: 'refuse' | 'allow' = 'refuse',
    connectionsPerUser: number = Number.POSITIVE_INFINITY,
  ): Promise<FleetNode> {
    const connection = await officialClient(redis)
    const { client } = connection
    const revocations = new RedisRevocations({ client, onOutage, warn: () => {} })
    const limiter = new RedisLimiter({ client, onOutage })
    const connections = new RedisFleet({ client, onOutage })
    const auth = { verifier, revocations, limiter, connections, limits: { connectionsPerUser } }
    const wss = new AuthWebSocketServer({ port: 0, host: '127.0.0.1', auth })
    connections.report(() => wss.stats())
    if (wss.address() === null) await once(wss, 'listening')
    return new FleetNode(wss, revocations, connections, connection)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.wss.clients) socket.terminate()
    await new Promise((resolve) => this.wss.close(resolve))
    await this.revocations.close()
    await this.fleet.close()
    await this.#connection[Symbol.asyncDispose]()
  }
}

/** A client of the simplest recipe, and what became of it. */
export class Client {
  readonly userId: string
  readonly opened: Promise<boolean>
  readonly closed: Promise<void>
  readonly startedMs: number = performance.now()
  /** When it was told whether it is in. */
  answeredMs = Number.NaN
  closedMs = Number.NaN
  code: number | undefined
  readonly #socket: WebSocket

  constructor(url: string, userId: string) {
    this.userId = userId
    this.#socket = new WebSocket(url)
    this.#socket.onopen = () => this.#socket.send(JSON.stringify({ type: 'auth', token: userId }))
    this.opened = new Promise((resolve) => {
      this.#socket.onmessage = ({ data }) =>
        this.#answered(JSON.parse(String(data)).type === 'auth_ok', resolve)
      this.#socket.addEventListener('close', () => this.#answered(false, resolve))
    })
    this.closed = new Promise((resolve) => {
      this.#socket.addEventListener('close', ({ code }) => {
        this.closedMs = performance.now()
        this.code = code
        resolve()
      })
    })
    this.#socket.onerror = () => {}
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  close(): void {
    this.#socket.close()
  }

  #answered(isIn: boolean, resolve: (isIn: boolean) => void): void {
    if (Number.isNaN(this.answeredMs)) this.answeredMs = performance.now()
    resolve(isIn)
  }
}

/** `count` clients of as many users as named, spread over the nodes, all authenticated. */
export async function crowd(
  nodes: readonly FleetNode[],
  count: number,
  userOf: (n: number) => string,
): Promise<Client[]> {
  const clients: Client[] = []
  for (let n = 0; n < count; n += 50) {
    const some = Array.from({ length: Math.min(50, count - n) }, (_, m) => {
      return new Client(nodes[(n + m) % nodes.length]?.url ?? '', userOf(n + m))
    })
    const areIn = await Promise.all(some.map(({ opened }) => opened))
    if (!areIn.every(Boolean)) throw new Error('somebody did not get in')
    clients.push(...some)
  }
  return clients
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
