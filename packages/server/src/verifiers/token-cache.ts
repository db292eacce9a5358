import { hash } from 'node:crypto'

interface Known<T> {
  readonly value: T
  /** Whole milliseconds since the cache was made: such numbers cost nothing beside the entry. */
  readonly until: number
}

/**
 * What was found in tokens that were verified before, by the exact text of the token, hashed: another spelling of the same
 * token is verified by itself, and the tokens are not kept.
 *
 * Bounded by two generations, of which the older is dropped when the younger is full: what is asked for moves up, so the
 * half that was asked for last is always there, and nothing has to be kept in order.
 */
export class TokenCache<T> {
  readonly #half: number
  readonly #keepsOlder: boolean
  readonly #keepMs: number
  readonly #now: () => number
  readonly #originMs: number
  #younger: Map<string, Known<T>> = new Map()
  #older: Map<string, Known<T>> = new Map()

  constructor(size: number, keepMs: number, now: () => number) {
    this.#half = size > 1 ? Math.floor(size / 2) : size
    this.#keepsOlder = size > 1
    this.#keepMs = keepMs
    this.#now = now
    this.#originMs = now()
  }

  /** What the other members know the token by. */
  keyOf(token: string): string {
    return this.#half === 0 ? '' : hash('sha256', token, 'base64url')
  }

  get(key: string): T | undefined {
    let known = this.#younger.get(key)
    if (!known) {
      known = this.#older.get(key)
      if (!known) return undefined
      this.#older.delete(key)
      this.#put(key, known)
    }
    return this.#elapsed() < known.until ? known.value : undefined
  }

  set(key: string, value: T): void {
    if (this.#half > 0) this.#put(key, { value, until: Math.floor(this.#elapsed() + this.#keepMs) })
  }

  delete(key: string): void {
    this.#younger.delete(key)
    this.#older.delete(key)
  }

  #put(key: string, known: Known<T>): void {
    if (this.#younger.size >= this.#half) {
      this.#older = this.#keepsOlder ? this.#younger : new Map()
      this.#younger = new Map()
    }
    this.#younger.set(key, known)
  }

  #elapsed(): number {
    return this.#now() - this.#originMs
  }
}
