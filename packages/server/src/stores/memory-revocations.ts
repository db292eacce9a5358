import { assertOptions } from '../option-checks.ts'
import type { Principal } from '../principal.ts'
import { covers, type Revocation, type RevocationStore } from './revocation-store.ts'

/** What `new MemoryRevocations()` takes. */
export interface MemoryRevocationsOptions {
  /** Milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number
}

const names: Readonly<Record<keyof MemoryRevocationsOptions, true>> = { now: true }

/**
 * Revocations in the memory of one process: for one node, and gone when it restarts. Tokens that were revoked before are
 * good again then, for as long as they live.
 *
 * @example auth: { revocations: new MemoryRevocations() }
 */
export class MemoryRevocations implements RevocationStore {
  readonly #revocations = new Map<string, Revocation>()
  readonly #listeners = new Set<(revocation: Revocation) => void>()
  readonly #now: () => number
  #sweepAtSize = 1_024

  constructor(options: MemoryRevocationsOptions = {}) {
    assertOptions('MemoryRevocations', options, names)
    this.#now = options.now ?? Date.now
  }

  async add(revocation: Revocation): Promise<void> {
    const key = keyOf(revocation)
    if (revocation.connectionsOnly) return this.#announce(revocation)
    const known = this.#revocations.get(key)
    // A later look at the same user never takes back what an earlier one revoked.
    this.#revocations.set(key, known ? later(known, revocation) : revocation)
    this.#sweep()
    this.#announce(revocation)
  }

  isRevoked(principal: Principal): boolean {
    if (this.#revocations.size === 0) return false
    const { userId, sessionId, tokenId } = principal
    const keys = [`user:${userId}`, `session:${sessionId ?? ''}`, `token:${tokenId ?? ''}`]
    return keys.some((key) => {
      const revocation = this.#revocations.get(key)
      return revocation !== undefined && revocation.expiresAtMs > this.#now() && covers(revocation, principal)
    })
  }

  subscribe(listener: (revocation: Revocation) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #announce(revocation: Revocation): void {
    for (const listener of [...this.#listeners]) listener(revocation)
  }

  /** Forgets what no token can outlive, each time the number has doubled. */
  #sweep(): void {
    if (this.#revocations.size < this.#sweepAtSize) return
    for (const [key, { expiresAtMs }] of this.#revocations) {
      if (expiresAtMs <= this.#now()) this.#revocations.delete(key)
    }
    this.#sweepAtSize = Math.max(1_024, this.#revocations.size * 2)
  }
}

function keyOf({ userId, sessionId, tokenId }: Revocation): string {
  const keys = [
    ...(userId === undefined ? [] : [`user:${userId}`]),
    ...(sessionId === undefined ? [] : [`session:${sessionId}`]),
    ...(tokenId === undefined ? [] : [`token:${tokenId}`]),
  ]
  const [key] = keys
  if (key === undefined || keys.length > 1) {
    throw new TypeError('a revocation names exactly one of `userId`, `sessionId` and `tokenId`')
  }
  return key
}

function later(a: Revocation, b: Revocation): Revocation {
  return {
    ...b,
    issuedBeforeMs: Math.max(a.issuedBeforeMs, b.issuedBeforeMs),
    expiresAtMs: Math.max(a.expiresAtMs, b.expiresAtMs),
  }
}
