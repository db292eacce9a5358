import { randomBytes } from 'node:crypto'
import { type ConnectionStore, hashedId } from '@wsauth/server'
import { FleetReports, type FleetStats } from './fleet-reports.ts'
import { assertTimes, assertWord, warnAboutUnknown } from './option-checks.ts'
import type { RedisCommands } from './redis-client.ts'
import { linkTo, type RedisHealth, type RedisLink, type RedisLinkOptions } from './redis-link.ts'
import { enterConnection, leaveConnection } from './scripts.ts'
import { unavailable } from './unavailable.ts'

/** What `new RedisFleet()` takes. */
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

const names: Readonly<Record<keyof RedisFleetOptions, true>> = {
  client: true,
  prefix: true,
  nodeId: true,
  reportEveryMs: true,
  renewEveryMs: true,
  onOutage: true,
  commandTimeoutMs: true,
  now: true,
}

/** A place is kept for as many renewals. */
const lifeOf = 3
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
  readonly #reports: FleetReports
  readonly #renewEveryMs: number
  readonly #onOutage: 'refuse' | 'allow'
  readonly #now: () => number
  /** This node's connections, with the hash of their user. */
  readonly #connections = new Map<string, string>()
  /** Who left while Redis could not be told, the first to leave first; the place ends by itself after three renewals. */
  readonly #departed = new Map<string, { readonly hash: string; readonly endMs: number }>()
  readonly #timers: readonly NodeJS.Timeout[]
  readonly #unwatch: () => void
  /** What Redis knows this node by: one that is started again under its name does not vouch for the places of the last. */
  readonly #self: string

  constructor(options: RedisFleetOptions) {
    const start = randomBytes(6).toString('base64url')
    const { client, prefix = 'wsauth:', nodeId = start } = options
    const { reportEveryMs = 2_000, renewEveryMs = 60_000, onOutage = 'refuse', now = Date.now } = options
    if (!/^\S+$/.test(nodeId)) throw new TypeError('RedisFleet: `nodeId` is a name without spaces')
    assertTimes({ reportEveryMs, renewEveryMs })
    assertWord('onOutage', onOutage, ['refuse', 'allow'])
    this.nodeId = nodeId
    this.#self = options.nodeId === undefined ? nodeId : `${nodeId}~${start}`
    const { link, release } = linkTo(client, options)
    warnAboutUnknown('RedisFleet', options, names)
    this.#link = link
    this.#release = release
    this.#prefix = prefix
    this.#reports = new FleetReports(link, this.#self, { prefix, reportEveryMs, now })
    this.#renewEveryMs = renewEveryMs
    this.#onOutage = onOutage
    this.#now = now
    this.#timers = [
      setInterval(() => void this.#reports.send(), reportEveryMs).unref(),
      setInterval(() => void this.#renewAll(), renewEveryMs).unref(),
    ]
    // A Redis that was away has not heard who came and left meanwhile, and may have lost the rest.
    this.#unwatch = this.#link.onHealth(({ up }) => {
      if (!up) return
      for (const [connectionId, { hash }] of this.#departed) this.#depart(connectionId, hash)
      void this.#renewAll()
    })
    void this.#reports.send()
  }

  /** Whether Redis answers. */
  get health(): RedisHealth {
    return this.#link.health
  }

  /** Calls back when Redis went away or came back; gives the way to call it off. */
  onHealth(listener: (health: RedisHealth) => void): () => void {
    return this.#link.onHealth(listener)
  }

  /**
   * From now on the others see what `stats` gives, numbers and names of errors, never of users; nothing where it throws.
   */
  report(stats: () => object): void {
    this.#reports.say(stats)
    void this.#reports.send()
  }

  async stats(): Promise<FleetStats> {
    try {
      return await this.#reports.read()
    } catch (error) {
      throw unavailable(error)
    }
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
    // It may have been renewed meanwhile.
    this.leave(connectionId)
    return false
  }

  /** The connection is gone. Redis is told as soon as it can be. */
  leave(connectionId: string): void {
    const hash = this.#connections.get(connectionId)
    if (hash === undefined) return
    this.#connections.delete(connectionId)
    this.#depart(connectionId, hash)
  }

  /** The others forget this node at once. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.#unwatch()
    for (const connectionId of [...this.#connections.keys()]) this.leave(connectionId)
    await this.#reports.withdraw()
    this.#release()
  }

  #depart(connectionId: string, hash: string): void {
    this.#departed.delete(connectionId)
    this.#link
      .run(leaveConnection, [this.#userKey(hash)], [this.#memberOf(connectionId)])
      .catch(() =>
        this.#departed.set(connectionId, { hash, endMs: this.#now() + this.#renewEveryMs * lifeOf }),
      )
  }

  async #renewAll(): Promise<void> {
    for (const [connectionId, { endMs }] of this.#departed) {
      if (endMs < this.#now()) this.#departed.delete(connectionId)
    }
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
    const lifeMs = this.#renewEveryMs * lifeOf
    const most = Math.min(limit, Number.MAX_SAFE_INTEGER)
    // A node that has just begun is not known to everybody yet, but its connections are young.
    const youngMs = nowMs + lifeMs - this.#reports.lifeMs
    const numbers = [nowMs, nowMs + lifeMs, most, youngMs].map(String)
    const args = [this.#memberOf(connectionId), ...numbers, this.#reports.nodes]
    return Number(await this.#link.run(enterConnection, [this.#userKey(hash)], args)) === 1
  }

  #memberOf(connectionId: string): string {
    return `${this.#self} ${connectionId}`
  }

  #userKey(hash: string): string {
    return `${this.#prefix}connections-of:${hash}`
  }
}
