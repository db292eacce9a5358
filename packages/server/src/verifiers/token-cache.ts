import { createHash } from 'node:crypto'

interface Known<T> {
  readonly value: T
  readonly untilMs: number
}

/**
 * What was found in tokens that were verified before, by the exact text of the token, hashed: another spelling of the same
 * token is verified by itself. Bounded; what was asked for longest ago goes first.
 */
export class TokenCache<T> {
  readonly #known = new Map<string, Known<T>>()
  readonly #size: number
  readonly #keepMs: number
  readonly #now: () => number

  constructor(size: number, keepMs: number, now: () => number) {
    this.#size = size
    this.#keepMs = keepMs
    this.#now = now
  }

  get(token: string): T | undefined {
    if (this.#size === 0) return undefined
    const key = keyOf(token)
    const known = this.#known.get(key)
    if (!known) return undefined
    this.#known.delete(key)
    if (known.untilMs <= this.#now()) return undefined
    this.#known.set(key, known)
    return known.value
  }

  set(token: string, value: T): void {
    if (this.#size === 0) return
    this.#known.set(keyOf(token), { value, untilMs: this.#now() + this.#keepMs })
    const [oldest] = this.#known.keys()
    if (oldest !== undefined && this.#known.size > this.#size) this.#known.delete(oldest)
  }

  delete(token: string): void {
    this.#known.delete(keyOf(token))
  }
}

function keyOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
