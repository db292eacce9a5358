import { type Attempt, hashedId, type Limiter, MemoryLimiter } from '@wsauth/server'
import { assertWord, warnAboutUnknown } from './option-checks.ts'
import type { RedisCommands } from './redis-client.ts'
import { linkTo, type RedisHealth, type RedisLink, type RedisLinkOptions } from './redis-link.ts'
import { countFailure, rememberGood, waitForLimit } from './scripts.ts'
import { unavailable } from './unavailable.ts'

/** What `new RedisLimiter()` takes. */
export interface RedisLimiterOptions extends RedisLinkOptions {
  /** A connection that is open, or will be; it stays yours to close. */
  readonly client: RedisCommands
  /** In front of every key. Default `wsauth:`. */
  readonly prefix?: string
  /** Refused credentials of one address (IPv6: of one /64) in a minute, on all nodes together. Default 100. */
  readonly failuresPerAddress?: number
  /** Refused credentials of one address for one claimed subject in a minute, on all nodes together. Default 10. */
  readonly failuresPerSubject?: number
  /** Attempts while Redis is away: `allow` counts them on this node alone. Default `refuse`. */
  readonly onOutage?: 'refuse' | 'allow'
}

const names: Readonly<Record<keyof RedisLimiterOptions, true>> = {
  client: true,
  prefix: true,
  failuresPerAddress: true,
  failuresPerSubject: true,
  onOutage: true,
  commandTimeoutMs: true,
}

const windowMs = 60_000
const goodForMs = 3_600_000

/**
 * Counts refused credentials for all nodes together, by the same rules as `MemoryLimiter`. Addresses and subjects are hashed.
 *
 * @example auth: { limiter: new RedisLimiter({ client: await createClient({ url }).connect() }) }
 */
export class RedisLimiter implements Limiter {
  readonly #link: RedisLink
  readonly #release: () => void
  readonly #prefix: string
  readonly #limits: { readonly failuresPerAddress: number; readonly failuresPerSubject: number }
  /** What counts where Redis does not. */
  readonly #fallback: Limiter | undefined
  /** Failures that a Redis did not count, which answers and is full, say: else anybody could guess on for so long. */
  readonly #uncounted: Limiter

  constructor(options: RedisLimiterOptions) {
    const { client, prefix = 'wsauth:', failuresPerAddress = 100, failuresPerSubject = 10 } = options
    assertWord('onOutage', options.onOutage, ['refuse', 'allow'])
    this.#limits = { failuresPerAddress, failuresPerSubject }
    // It also says what is wrong with the limits.
    this.#uncounted = new MemoryLimiter(this.#limits)
    this.#fallback = options.onOutage === 'allow' ? new MemoryLimiter(this.#limits) : undefined
    const { link, release } = linkTo(client, options)
    warnAboutUnknown('RedisLimiter', options, names)
    this.#link = link
    this.#release = release
    this.#prefix = prefix
  }

  /** Whether Redis answers. */
  get health(): RedisHealth {
    return this.#link.health
  }

  /** Calls back when Redis went away or came back; gives the way to call it off. */
  onHealth(listener: (health: RedisHealth) => void): () => void {
    return this.#link.onHealth(listener)
  }

  async waitMs(attempt: Attempt): Promise<number> {
    const { failuresPerAddress, failuresPerSubject } = this.#limits
    const { address, subject, good } = this.#keysOf(attempt)
    const keys = subject && good ? [address, subject, good] : [address]
    try {
      const limits = [failuresPerAddress, failuresPerSubject].map(countOf)
      const waitMs = Number(await this.#link.run(waitForLimit, keys, limits))
      return waitMs > 0 ? waitMs : await this.#uncounted.waitMs(attempt)
    } catch (error) {
      if (this.#fallback) return this.#fallback.waitMs(attempt)
      throw unavailable(error)
    }
  }

  async failed(attempt: Attempt): Promise<void> {
    await this.#fallback?.failed(attempt)
    const { address, subject } = this.#keysOf(attempt)
    try {
      await this.#link.run(countFailure, subject ? [address, subject] : [address], [`${windowMs}`])
    } catch (error) {
      await this.#uncounted.failed(attempt)
      if (!this.#fallback) throw unavailable(error)
    }
  }

  /** Not waited for: it matters to who comes later, and who is in should not pay for it with one more round trip. */
  async succeeded(attempt: Attempt): Promise<void> {
    await this.#fallback?.succeeded(attempt)
    const { good } = this.#keysOf(attempt)
    if (good) this.#link.run(rememberGood, [good], [`${goodForMs}`]).catch(() => {})
  }

  close(): void {
    this.#release()
  }

  /** All keys of one address carry its hash as their tag, so that a cluster keeps them together. */
  #keysOf(attempt: Attempt): { readonly address: string; readonly subject?: string; readonly good?: string } {
    const address = `${this.#prefix}limit:{${hashedId(attempt.address)}}`
    const claimed = attempt.subject()
    if (claimed === undefined) return { address }
    const hash = hashedId(claimed)
    return { address, subject: `${address}:failed:${hash}`, good: `${address}:good:${hash}` }
  }
}

/** Lua reads no `Infinity`. */
function countOf(limit: number): string {
  return `${Math.min(limit, Number.MAX_SAFE_INTEGER)}`
}
