import { type Principal, type Revocation, type RevocationStore, wasIssuedBy } from '@wsauth/server'
import { assertDurability, type Durability, DurableWrites } from './durability.ts'
import { follow } from './follow.ts'
import { assertTimes, assertWord, warnAboutUnknown } from './option-checks.ts'
import { assertCommands, assertListens, type RedisClient } from './redis-client.ts'
import { linkTo, type RedisHealth, type RedisLink, type RedisLinkOptions } from './redis-link.ts'
import { entryOf, targetsOf } from './revocation-entry.ts'
import { RevocationLog } from './revocation-log.ts'
import { RevocationMirror } from './revocation-mirror.ts'
import type { Fence } from './scripts.ts'
import { unavailable } from './unavailable.ts'
import { warningsAbout } from './warnings.ts'

/** What `new RedisRevocations()` takes. */
export interface RedisRevocationsOptions extends RedisLinkOptions {
  /** A connection that is open, or will be; it stays yours to close. A second one like it is opened, which listens. */
  readonly client: RedisClient
  /** In front of every key, and of the channel. Default `wsauth:`. */
  readonly prefix?: string
  /** New credentials while Redis is away: `allow` lets those in that no revocation known to this node covers. Default `refuse`. */
  readonly onOutage?: 'refuse' | 'allow'
  /** What `add` waits for besides the server's answer. Default: nothing. */
  readonly durability?: Durability
  /**
   * How long a credential lives at most, as `jwtVerifier` has it: a revocation is forgotten when the last one made before it
   * has ended. Default: as long as `revoke` asks for, which is 400 days. Each node keeps all of them in memory, so say it.
   */
  readonly maxLifetimeMs?: number
  /** How a server that lost entries is known. Default `run_id`; `none`, for servers that refuse `INFO` in scripts, reads everything after each lost connection. */
  readonly fence?: Fence
  /** How often the log is read without a hint: how late a revocation is where the hint is lost (P3). Default 500. */
  readonly rereadMs?: number
  /** Told at the start what about the server may lose revocations. Default `process.emitWarning`. */
  readonly warn?: (message: string) => void
  /** Milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number
}

const names: Readonly<Record<keyof RedisRevocationsOptions, true>> = {
  client: true,
  prefix: true,
  onOutage: true,
  durability: true,
  maxLifetimeMs: true,
  fence: true,
  rereadMs: true,
  commandTimeoutMs: true,
  warn: true,
  now: true,
}

const sweepEveryMs = 30_000

/**
 * Revocations that hold on every node. `add` resolves when Redis has it; then the nodes are told to read, which each does from
 * the last entry that it saw, and again after a lost connection and twice a second. A Redis that lost entries gets them back
 * from any node that knows them. Redis holds hashes of users, sessions and tokens, for as long as the tokens can live.
 *
 * @example auth: { revocations: new RedisRevocations({ client: await createClient({ url }).connect() }) }
 */
export class RedisRevocations implements RevocationStore {
  readonly #client: RedisClient
  readonly #link: RedisLink
  readonly #release: () => void
  readonly #mirror = new RevocationMirror()
  readonly #log: RevocationLog
  readonly #options: Required<Pick<RedisRevocationsOptions, 'onOutage' | 'now' | 'warn' | 'maxLifetimeMs'>>
  readonly #durable: DurableWrites | undefined
  readonly #channel: string
  readonly #listeners = new Set<(revocation: Revocation) => void>()
  readonly #own = new Set<string>()
  readonly #stop: (() => void)[]
  #current: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined
  #isGivingBack = false

  constructor(options: RedisRevocationsOptions) {
    const { client, prefix = 'wsauth:', fence = 'run_id', rereadMs = 500, durability } = options
    const {
      onOutage = 'refuse',
      now = Date.now,
      warn = (text) => process.emitWarning(text, 'WsauthWarning'),
    } = options
    this.#client = client
    const { maxLifetimeMs = Number.POSITIVE_INFINITY } = options
    this.#options = { onOutage, now, warn, maxLifetimeMs }
    this.#channel = `${prefix}revocations`
    assertTimes({ rereadMs, maxLifetimeMs: options.maxLifetimeMs })
    assertWord('fence', fence, ['run_id', 'none'])
    assertWord('onOutage', onOutage, ['refuse', 'allow'])
    if (durability) assertDurability(durability)
    assertCommands(client)
    assertListens(client)
    const { link, release } = linkTo(client, options)
    warnAboutUnknown('RedisRevocations', options, names)
    this.#link = link
    this.#release = release
    this.#log = new RevocationLog(this.#link, this.#mirror, { prefix, fence, now })
    if (durability) this.#durable = new DurableWrites(client, this.#log.key, durability)
    const catchUp = (): void => {
      if (fence === 'none') this.#log.distrust()
      this.#follow()
    }
    const timers = [
      setInterval(() => this.#follow(), rereadMs).unref(),
      setInterval(() => this.#mirror.forgetEnded(now()), sweepEveryMs).unref(),
    ]
    this.#stop = [
      ...timers.map((timer) => () => clearInterval(timer)),
      this.#link.onHealth(({ up }) => up && catchUp()),
      follow(client, this.#channel, { onReady: catchUp, onMessage: () => this.#follow() }),
    ]
    void this.#begin()
  }

  /** Whether Redis answers. */
  get health(): RedisHealth {
    return this.#link.health
  }

  /** Calls back when Redis went away or came back; gives the way to call it off. */
  onHealth(listener: (health: RedisHealth) => void): () => void {
    return this.#link.onHealth(listener)
  }

  async add(revocation: Revocation): Promise<void> {
    const entry = entryOf({ ...revocation, expiresAtMs: this.#endOf(revocation) })
    // A reading that meets it before the answer is here leaves it to this call.
    this.#own.add(entry.id)
    try {
      await this.#log.add(entry)
      await this.#durable?.assert()
    } catch (error) {
      // Perhaps it was written all the same; then it counts, and the next reading finds it.
      this.#log.distrust()
      throw unavailable(error)
    } finally {
      this.#own.delete(entry.id)
    }
    this.#mirror.add(entry)
    this.#tell(revocation)
    this.#hint()
  }

  async isRevoked(principal: Principal): Promise<boolean> {
    const { onOutage, now } = this.#options
    if (this.#mirror.covers(principal, now())) return true
    try {
      return await this.#isRevokedInRedis(principal)
    } catch (error) {
      if (onOutage === 'allow') return false
      throw unavailable(error)
    }
  }

  subscribe(listener: (revocation: Revocation) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    for (const stop of this.#stop) stop()
    this.#durable?.close()
    this.#listeners.clear()
    this.#release()
  }

  async #isRevokedInRedis(principal: Principal): Promise<boolean> {
    const targets = targetsOf(principal)
    const { issuedBeforeMs, isStranger, isBehind } = await this.#log.lookUp(targets)
    const isFound = targets.some((target, n) => {
      const atMs = issuedBeforeMs[n]
      return atMs !== undefined && (target.startsWith('tokenId:') || wasIssuedBy(principal, atMs))
    })
    if (isFound) return true
    // What this server lost, this node or another may know: read before its answer counts.
    if (isStranger) await this.#catchUp()
    else if (isBehind) this.#follow()
    return this.#mirror.covers(principal, this.#options.now())
  }

  async #begin(): Promise<void> {
    this.#follow()
    for (const text of await warningsAbout(this.#link, this.#log.key)) this.#options.warn(text)
  }

  /** What cannot be read now is read half a second later. */
  #follow(): void {
    this.#catchUp().catch(() => {})
  }

  /** Who asks while a reading waits for its turn is answered by that reading. */
  #catchUp(): Promise<void> {
    this.#next ??= this.#current.then(() => {
      this.#next = undefined
      const reading = this.#read()
      this.#current = reading.catch(() => {})
      return reading
    })
    return this.#next
  }

  async #read(): Promise<void> {
    for (const entry of await this.#log.read()) {
      if (!this.#own.has(entry.id) && this.#mirror.add(entry)) this.#tell(entry.revocation)
    }
    if (this.#log.hasLost) void this.#giveBack()
  }

  /** Nobody waits for this: what is given back is known here. */
  async #giveBack(): Promise<void> {
    if (this.#isGivingBack) return
    this.#isGivingBack = true
    try {
      while (this.#log.hasLost) {
        await this.#log.giveBack()
        await this.#catchUp()
      }
      this.#hint()
    } catch {
      // What is left is tried again after the next reading.
    }
    this.#isGivingBack = false
  }

  /** With a minute for clocks that differ and for leeway. */
  #endOf({ issuedBeforeMs, expiresAtMs }: Revocation): number {
    const { now, maxLifetimeMs } = this.#options
    return Math.min(expiresAtMs, Math.max(issuedBeforeMs, now()) + maxLifetimeMs + 60_000)
  }

  #tell(revocation: Revocation): void {
    for (const listener of [...this.#listeners]) listener(revocation)
  }

  /** A hint that is lost costs half a second and nothing else. */
  #hint(): void {
    this.#link.ask(() => this.#client.publish(this.#channel, 'read')).catch(() => {})
  }
}
