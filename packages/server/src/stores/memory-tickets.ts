import { AuthError } from '@wsauth/protocol'
import { assertOptions } from '../option-checks.ts'
import { maxOutstandingTickets, type TicketGrant, type TicketStore } from './ticket-store.ts'

/** What `new MemoryTicketStore()` takes. */
export interface MemoryTicketStoreOptions {
  /** Tickets that may wait at once, of all subjects together. Default 100,000. */
  readonly capacity?: number
  /** Milliseconds on any clock that runs forwards; for tests. Default `performance.now`. */
  readonly now?: () => number
}

const names: Readonly<Record<keyof MemoryTicketStoreOptions, true>> = { capacity: true, now: true }

interface Waiting {
  readonly grant: TicketGrant
  readonly endsAtMs: number
}

/**
 * Tickets in the memory of one process: for one node, since a ticket is redeemed where it was made. Give the same store to
 * `ticket()` and to `ticketEndpoint()`. It runs no timer: what has ended is swept while tickets are put.
 *
 * @example const store = new MemoryTicketStore()
 */
export class MemoryTicketStore implements TicketStore {
  readonly #waiting = new Map<string, Waiting>()
  readonly #keysOfSubject = new Map<string, Set<string>>()
  readonly #capacity: number
  readonly #now: () => number

  constructor(options: MemoryTicketStoreOptions = {}) {
    assertOptions('MemoryTicketStore', options, names)
    const { capacity = 100_000, now = () => performance.now() } = options
    if (!(capacity > 0))
      throw new TypeError('MemoryTicketStore: `capacity` is a number above 0, such as 100_000')
    this.#capacity = capacity
    this.#now = now
  }

  put(key: string, grant: TicketGrant, ttlSeconds: number): Promise<void> {
    this.#sweep()
    const { userId } = grant.principal
    const keys = this.#keysOfSubject.get(userId) ?? new Set()
    const oldest = this.#waiting.get([...keys].find((one) => this.#isWaiting(one)) ?? '')
    const outstanding = [...keys].filter((one) => this.#isWaiting(one)).length
    if (oldest && outstanding >= maxOutstandingTickets) {
      const retryAfterMs = Math.max(1, Math.ceil(oldest.endsAtMs - this.#now()))
      return Promise.reject(new AuthError('slow_down', { retryAfterMs }))
    }
    if (this.#waiting.size >= this.#capacity) return Promise.reject(new AuthError('temporarily_unavailable'))
    this.#waiting.set(key, { grant, endsAtMs: this.#now() + ttlSeconds * 1000 })
    this.#keysOfSubject.set(userId, keys.add(key))
    return Promise.resolve()
  }

  // Nothing is awaited between the look and the removal, so of two callers one finds it.
  take(key: string): Promise<TicketGrant | undefined> {
    const found = this.#isWaiting(key) ? this.#waiting.get(key)?.grant : undefined
    this.#forget(key)
    return Promise.resolve(found)
  }

  #isWaiting(key: string): boolean {
    const waiting = this.#waiting.get(key)
    return waiting !== undefined && waiting.endsAtMs > this.#now()
  }

  #forget(key: string): void {
    const waiting = this.#waiting.get(key)
    if (!waiting) return
    this.#waiting.delete(key)
    const { userId } = waiting.grant.principal
    const keys = this.#keysOfSubject.get(userId)
    keys?.delete(key)
    if (keys?.size === 0) this.#keysOfSubject.delete(userId)
  }

  /** Forgets what has ended, oldest first, up to one that has not: nearly all tickets of a server live equally long. */
  #sweep(): void {
    for (const key of this.#waiting.keys()) {
      if (this.#isWaiting(key)) return
      this.#forget(key)
    }
  }
}
