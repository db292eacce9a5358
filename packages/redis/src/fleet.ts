import { randomBytes } from 'node:crypto'
import { type ConnectionStore, hashedId } from '@wsauth/server'
import { assertTimes, assertWord } from './option-checks.ts'
import type { RedisCommands } from './redis-client.ts'
import { linkTo, type RedisHealth, type RedisLink, type RedisLinkOptions } from './redis-link.ts'
import { enterConnection, leaveConnection, readNodes, reportNode } from './scripts.ts'
import { unavailable } from './unavailable.ts'

export interface RedisFleetOptions extends RedisLinkOptions {
  /** A connection that is open, or will be; it stays yours to close. */
  readonly client: RedisCommands
  /** In front of every key. Default `wsauth:`. */
  readonly prefix?: string
  /** What the others call this node, without spaces. Default: random. */
  readonly nodeId?: string
  /** How often a node reports. One that was silent for three times as long is gone, and so are its connections. Default 2,000. */
  readonly reportEveryMs?: number
  /** How often a node says of each connection that it is still there. Default 60,000. */
  readonly renewEveryMs?: number
  /** New connections while Redis is away: `allow` counts those of this node alone. Default `refuse`. */
  readonly onOutage?: 'refuse' | 'allow'
  /** Milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number
}

/** What one node said of itself last. */
export interface NodeReport {
  readonly nodeId: string
  readonly stats: Readonly<Record<string, unknown>>
}

/** A whole fleet at a glance. */
export interface FleetStats {
  readonly nodes: readonly NodeReport[]
  /** The nodes' numbers added up. */
  readonly total: Readonly<Record<string, number>>
}

/** How many connections are renewed at once. */
const renewalSize = 500

/**
 * What the nodes of a fleet tell each other: how many connections a user has on all of them together, and how each is doing.
 * A node that dies without a word is forgotten, and its connections with it, within three reports.
 *
 * @example
 * const connections = new RedisFleet({ client })
 * const wss = new AuthWebSocketServer({ auth: { connections, limits: { connectionsPerUser: 10 } … } })
 * connections.report(() => wss.stats())
 * await connections.stats()
 */
export class RedisFleet implements ConnectionStore {
  readonly nodeId: string
  readonly #link: RedisLink
  readonly #release: () => void
  readonly #prefix: string
  readonly #reportEveryMs: number
  readonly #renewEveryMs: number
  readonly #onOutage: 'refuse' | 'allow'
  readonly #now: () => number
  /** This node's connections, with the hash of their user. */
  readonly #connections = new Map<string, string>()
  readonly #timers: readonly NodeJS.Timeout[]
  readonly #unwatch: () => void
  #stats: () => object = () => ({})
  /** The nodes that reported of late, between spaces. */
  #nodes: string

  constructor(options: RedisFleetOptions) {
    const { client, prefix = 'wsauth:', nodeId = randomBytes(6).toString('base64url') } = options
    const { reportEveryMs = 2_000, renewEveryMs = 60_000, onOutage = 'refuse', now = Date.now } = options
    if (!/^\S+$/.test(nodeId)) throw new TypeError('RedisFleet: `nodeId` is a name without spaces')
    assertTimes({ reportEveryMs, renewEveryMs })
    assertWord('onOutage', onOutage, ['refuse', 'allow'])
    this.nodeId = nodeId
    const { link, release } = linkTo(client, options)
    this.#link = link
    this.#release = release
    this.#prefix = prefix
    this.#reportEveryMs = reportEveryMs
    this.#renewEveryMs = renewEveryMs
    this.#nodes = ` ${nodeId} `
    this.#onOutage = onOutage
    this.#now = now
    this.#timers = [
      setInterval(() => void this.#report(), reportEveryMs).unref(),
      setInterval(() => void this.#renewAll(), renewEveryMs).unref(),
    ]
    // A Redis that was away has not counted who was let in meanwhile, and may have lost the rest.
    this.#unwatch = this.#link.onHealth(({ up }) => {
      if (up) void this.#renewAll()
    })
    void this.#report()
  }

  get health(): RedisHealth {
    return this.#link.health
  }

  onHealth(listener: (health: RedisHealth) => void): () => void {
    return this.#link.onHealth(listener)
  }

  /** From now on the others see what `stats` gives, numbers and names of errors, never of users. */
  report(stats: () => object): void {
    this.#stats = stats
    void this.#report()
  }

  async stats(): Promise<FleetStats> {
    const reply = await this.#ask(() => this.#link.run(readNodes, this.#fleetKeys(), [`${this.#now()}`]))
    const flat = Array.isArray(reply) ? reply.map(String) : []
    const nodes = flat.flatMap((nodeId, n) =>
      n % 2 === 0 ? { nodeId, stats: parsedReport(flat[n + 1] ?? '') } : [],
    )
    const total: Record<string, number> = {}
    for (const { stats } of nodes) {
      for (const [name, value] of Object.entries(stats)) {
        if (typeof value === 'number') total[name] = (total[name] ?? 0) + value
      }
    }
    return { nodes, total }
  }

  /** Counts one more connection of a user; false, and nothing is counted, where all nodes together have `limit` already. */
  async enter(userId: string, connectionId: string, limit: number): Promise<boolean> {
    const hash = hashedId(userId)
    // Known before it is counted, so that it can be taken back whatever becomes of the question.
    this.#connections.set(connectionId, hash)
    try {
      if (await this.#renew(connectionId, hash, limit)) return true
    } catch (error) {
      if (this.#onOutage === 'allow') return true
      this.leave(connectionId)
      throw unavailable(error)
    }
    this.#connections.delete(connectionId)
    return false
  }

  /** The connection is gone. Where that is lost, it counts until it would have been renewed. */
  leave(connectionId: string): void {
    const hash = this.#connections.get(connectionId)
    if (hash === undefined) return
    this.#connections.delete(connectionId)
    this.#link.run(leaveConnection, [this.#userKey(hash)], [this.#memberOf(connectionId)]).catch(() => {})
  }

  /** The others forget this node at once. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.#unwatch()
    for (const connectionId of [...this.#connections.keys()]) this.leave(connectionId)
    await this.#link.run(reportNode, this.#fleetKeys(), this.#reportOf('')).catch(() => {})
    this.#release()
  }

  /** What cannot be told now is told next time; that Redis is away is said by `health`. */
  async #report(): Promise<void> {
    try {
      await this.#link.run(reportNode, this.#fleetKeys(), this.#reportOf(JSON.stringify(this.#stats())))
      const { nodes } = await this.stats()
      this.#nodes = ` ${[this.nodeId, ...nodes.map(({ nodeId }) => nodeId)].join(' ')} `
    } catch {}
  }

  async #renewAll(): Promise<void> {
    const held = [...this.#connections]
    try {
      for (let n = 0; n < held.length; n += renewalSize) {
        const some = held.slice(n, n + renewalSize).filter(([id]) => this.#connections.has(id))
        // They are in already, so no limit applies to them.
        await Promise.all(some.map(([id, hash]) => this.#renew(id, hash, Number.POSITIVE_INFINITY)))
      }
    } catch {}
  }

  async #renew(connectionId: string, hash: string, limit: number): Promise<boolean> {
    const nowMs = this.#now()
    const lifeMs = this.#renewEveryMs * 3
    const most = Math.min(limit, Number.MAX_SAFE_INTEGER)
    // A node that has just begun is not known to everybody yet, but its connections are young.
    const youngMs = nowMs + lifeMs - this.#reportEveryMs * 3
    const numbers = [nowMs, nowMs + lifeMs, most, youngMs].map(String)
    const args = [this.#memberOf(connectionId), ...numbers, this.#nodes]
    return (await this.#link.run(enterConnection, [this.#userKey(hash)], args)) === 1
  }

  #reportOf(text: string): string[] {
    const nowMs = this.#now()
    return [this.nodeId, text, `${nowMs}`, `${nowMs + this.#reportEveryMs * 3}`]
  }

  #memberOf(connectionId: string): string {
    return `${this.nodeId} ${connectionId}`
  }

  #userKey(hash: string): string {
    return `${this.#prefix}connections-of:${hash}`
  }

  #fleetKeys(): string[] {
    return [`${this.#prefix}{fleet}:reports`, `${this.#prefix}{fleet}:ends`]
  }

  async #ask(question: () => Promise<unknown>): Promise<unknown> {
    try {
      return await question()
    } catch (error) {
      throw unavailable(error)
    }
  }
}

function parsedReport(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
