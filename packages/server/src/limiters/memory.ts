import { RateLimiterMemory } from 'rate-limiter-flexible'
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

const goodForMs = 3_600_000
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
  /** `address subject` → when it was good last, the longest ago first. */
  readonly #good = new Map<string, number>()
  readonly #capacity: number
  readonly #now: () => number

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
    this.#capacity = capacity
    this.#now = options.now ?? (() => performance.now())
  }

  async waitMs(attempt: Attempt): Promise<number> {
    const ofAddress = await this.#perAddress.get(attempt.address)
    // Nothing failed there of late, so nothing is read out of the credential either.
    if (!ofAddress || ofAddress.msBeforeNext <= 0) return 0
    const key = keyOf(attempt)
    const ofSubject = key === undefined ? null : await this.#perSubject.get(key)
    if (ofSubject && ofSubject.consumedPoints >= this.#perSubject.points)
      return Math.max(0, ofSubject.msBeforeNext)
    if (ofAddress.consumedPoints < this.#perAddress.points || this.#isGood(key)) return 0
    return ofAddress.msBeforeNext
  }

  async failed(attempt: Attempt): Promise<void> {
    const key = keyOf(attempt)
    // `penalty` counts in one step, so that racing failures all count.
    await this.#perAddress.penalty(attempt.address)
    if (key !== undefined) await this.#perSubject.penalty(key)
  }

  succeeded(attempt: Attempt): void {
    const key = keyOf(attempt)
    if (key === undefined) return
    this.#good.delete(key)
    this.#good.set(key, this.#now())
    const [oldest] = this.#good.keys()
    if (oldest !== undefined && this.#good.size > this.#capacity) this.#good.delete(oldest)
  }

  #isGood(key: string | undefined): boolean {
    const atMs = key === undefined ? undefined : this.#good.get(key)
    return atMs !== undefined && this.#now() - atMs < goodForMs
  }
}

/** Addresses hold no space. */
function keyOf({ address, subject }: Attempt): string | undefined {
  const claimed = subject()
  return claimed === undefined ? undefined : `${address} ${claimed}`
}
