import { RateLimiterMemory } from 'rate-limiter-flexible'
import { assertOptions } from '../option-checks.ts'
import { GoodSubjects } from './good-subjects.ts'
import type { Attempt, Limiter } from './limiter.ts'

/** What `new MemoryLimiter()` takes. */
export interface MemoryLimiterOptions {
  /** Refused credentials of one address (IPv6: of one /64) in a minute. Default 100. */
  readonly failuresPerAddress?: number
  /** Refused credentials of one address for one claimed subject in a minute. Default 10. */
  readonly failuresPerSubject?: number
  /**
   * Subjects that are remembered as good, of all addresses together; and addresses, and subjects at one, whose failures are
   * counted: so many of each. Who has more addresses than that is not to be limited by them. Default 50,000.
   */
  readonly capacity?: number
  /**
   * Milliseconds on any clock, for tests: how long a subject counts as good. Default `performance.now`. The minutes of the
   * counters go by `Date.now`.
   */
  readonly now?: () => number
}

const names: Readonly<Record<keyof MemoryLimiterOptions, true>> = {
  failuresPerAddress: true,
  failuresPerSubject: true,
  capacity: true,
  now: true,
}

const windowSeconds = 60

/**
 * Counts refused credentials in the memory of one process. An address with too many is refused before any cryptography,
 * except subjects that authenticated from there within the hour: neighbours behind one address do not pay. Subjects are
 * counted per address, so that forged tokens lock nobody out elsewhere.
 *
 * @example auth: { limits: { failuresPerAddress: 20 } }
 */
export class MemoryLimiter implements Limiter {
  readonly #perAddress: Counters
  readonly #perSubject: Counters
  readonly #good: GoodSubjects
  /** By the clock that the counters go by. */
  #lastFailedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: MemoryLimiterOptions = {}) {
    assertOptions('MemoryLimiter', options, names)
    const { failuresPerAddress = 100, failuresPerSubject = 10, capacity = 50_000 } = options
    for (const [name, value] of Object.entries({ failuresPerAddress, failuresPerSubject, capacity })) {
      if (!(typeof value === 'number' && value > 0))
        throw new TypeError(`MemoryLimiter: \`${name}\` is a number above 0; Infinity takes the limit away`)
    }
    this.#perAddress = new Counters(failuresPerAddress, capacity)
    this.#perSubject = new Counters(failuresPerSubject, capacity)
    this.#good = new GoodSubjects(capacity, options.now ?? (() => performance.now()))
  }

  waitMs(attempt: Attempt): number | Promise<number> {
    // Nothing failed anywhere of late, which is how a server spends most of its life.
    return Date.now() - this.#lastFailedAtMs > 2 * windowSeconds * 1_000 ? 0 : this.#waitMs(attempt)
  }

  async #waitMs(attempt: Attempt): Promise<number> {
    const ofAddress = await this.#perAddress.get(attempt.address)
    // Nothing failed there of late, so nothing is read out of the credential either.
    if (!ofAddress || ofAddress.msBeforeNext <= 0) return 0
    const subject = attempt.subject()
    const ofSubject =
      subject === undefined ? null : await this.#perSubject.get(keyOf(attempt.address, subject))
    if (ofSubject && ofSubject.consumedPoints >= this.#perSubject.points)
      return Math.max(0, ofSubject.msBeforeNext)
    if (ofAddress.consumedPoints < this.#perAddress.points) return 0
    return subject !== undefined && this.#good.has(attempt.address, subject) ? 0 : ofAddress.msBeforeNext
  }

  async failed({ address, subject }: Attempt): Promise<void> {
    this.#lastFailedAtMs = Date.now()
    const claimed = subject()
    await this.#perAddress.count(address)
    if (claimed !== undefined) await this.#perSubject.count(keyOf(address, claimed))
  }

  succeeded({ address, subject }: Attempt): void {
    const claimed = subject()
    if (claimed !== undefined) this.#good.add(address, claimed)
  }
}

/** Counters of a minute, so many at most: the one that was counted up longest ago is forgotten for a new one. */
class Counters {
  readonly points: number
  readonly #counts: RateLimiterMemory
  readonly #capacity: number
  /** In the order in which they were counted up last. */
  readonly #keys = new Set<string>()

  constructor(points: number, capacity: number) {
    this.points = Math.min(points, Number.MAX_SAFE_INTEGER)
    this.#counts = new RateLimiterMemory({ points: this.points, duration: windowSeconds })
    this.#capacity = capacity
  }

  get(key: string): ReturnType<RateLimiterMemory['get']> {
    return this.#counts.get(key)
  }

  async count(key: string): Promise<void> {
    this.#keys.delete(key)
    this.#keys.add(key)
    const [oldest = ''] = this.#keys
    if (this.#keys.size > this.#capacity) {
      this.#keys.delete(oldest)
      await this.#counts.delete(oldest)
    }
    // `penalty` counts in one step, so that racing failures all count.
    await this.#counts.penalty(key)
  }
}

/** Addresses hold no space. */
function keyOf(address: string, subject: string): string {
  return `${address} ${subject}`
}
