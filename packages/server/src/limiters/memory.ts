import { RateLimiterMemory } from 'rate-limiter-flexible'
import { GoodSubjects } from './good-subjects.ts'
import type { Attempt, Limiter } from './limiter.ts'

export interface MemoryLimiterOptions {
  /** Refused credentials of one address (IPv6: of one /64) in a minute. Default 100. */
  readonly failuresPerAddress?: number
  /** Refused credentials of one address for one claimed subject in a minute. Default 10. */
  readonly failuresPerSubject?: number
  /** Subjects that are remembered as good, of all addresses together. Default 50,000. */
  readonly capacity?: number
  /** Milliseconds on any clock; for tests. Default `performance.now`. */
  readonly now?: () => number
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
  readonly #perAddress: RateLimiterMemory
  readonly #perSubject: RateLimiterMemory
  readonly #good: GoodSubjects
  /** By the clock that the counters go by. */
  #lastFailedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: MemoryLimiterOptions = {}) {
    const { failuresPerAddress = 100, failuresPerSubject = 10, capacity = 50_000 } = options
    for (const [name, value] of Object.entries({ failuresPerAddress, failuresPerSubject, capacity })) {
      if (!(value > 0))
        throw new TypeError(`auth.limits.${name} is a number above 0; Infinity takes the limit away`)
    }
    this.#perAddress = new RateLimiterMemory({
      points: Math.min(failuresPerAddress, Number.MAX_SAFE_INTEGER),
      duration: windowSeconds,
    })
    this.#perSubject = new RateLimiterMemory({
      points: Math.min(failuresPerSubject, Number.MAX_SAFE_INTEGER),
      duration: windowSeconds,
    })
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
    // `penalty` counts in one step, so that racing failures all count.
    await this.#perAddress.penalty(address)
    if (claimed !== undefined) await this.#perSubject.penalty(keyOf(address, claimed))
  }

  succeeded({ address, subject }: Attempt): void {
    const claimed = subject()
    if (claimed !== undefined) this.#good.add(address, claimed)
  }
}

/** Addresses hold no space. */
function keyOf(address: string, subject: string): string {
  return `${address} ${subject}`
}
