import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

export interface Attempt {
  readonly account: string
  readonly address: string
  /** A device that has signed in to this account before. */
  readonly device?: string | undefined
}

/**
 * How often a password may be tried.
 *
 * A browser that has signed in to the account before has an allowance of its own, so whoever hammers an account from
 * elsewhere does not lock its owner out (OWASP, Slow Down Online Guessing Attacks with Device Cookies). Strangers share
 * one for each account and address, one for each account, and one for each address.
 */
export class LogInLimits {
  readonly #device: RateLimiterMemory
  readonly #stranger: RateLimiterMemory
  readonly #account: RateLimiterMemory
  readonly #address: RateLimiterMemory

  constructor() {
    const quarter = 15 * 60
    this.#device = new RateLimiterMemory({ keyPrefix: 'device', points: 10, duration: quarter })
    this.#stranger = new RateLimiterMemory({ keyPrefix: 'stranger', points: 10, duration: quarter })
    this.#account = new RateLimiterMemory({ keyPrefix: 'account', points: 100, duration: 3_600 })
    this.#address = new RateLimiterMemory({ keyPrefix: 'address', points: 60, duration: quarter })
  }

  /** Counts an attempt before the password is looked at; gives the wait in milliseconds where it is one too many. */
  async count(attempt: Attempt): Promise<number | undefined> {
    for (const [limiter, key] of this.#buckets(attempt)) {
      try {
        await limiter.consume(key)
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return refusal.msBeforeNext
        throw refusal
      }
    }
    return undefined
  }

  /** The password was right: this attempt costs nothing. */
  async forgive(attempt: Attempt): Promise<void> {
    for (const [limiter, key] of this.#buckets(attempt)) await limiter.reward(key)
  }

  #buckets({ account, address, device }: Attempt): readonly (readonly [RateLimiterMemory, string])[] {
    if (device !== undefined) return [[this.#device, `${account} ${device}`]]
    return [
      [this.#address, address],
      [this.#stranger, `${account} ${address}`],
      [this.#account, account],
    ]
  }
}

/** How many accounts one address may make. */
export class SignUpLimits {
  readonly #address: RateLimiterMemory = new RateLimiterMemory({
    keyPrefix: 'sign-up',
    points: 20,
    duration: 600,
  })

  async count(address: string): Promise<number | undefined> {
    try {
      await this.#address.consume(address)
      return undefined
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return refusal.msBeforeNext
      throw refusal
    }
  }
}
