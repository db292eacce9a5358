import { covers, type Principal } from '@wsauth/server'
import { type RevocationEntry, targetsOf } from './revocation-entry.ts'

/**
 * The revocations that a node has heard of and that can still refuse something. It answers while Redis is away, and it is
 * what a Redis that lost some gets them back from.
 */
export class RevocationMirror {
  readonly #entries = new Map<string, RevocationEntry>()
  readonly #byTarget = new Map<string, Set<RevocationEntry>>()

  get size(): number {
    return this.#entries.size
  }

  has(id: string): boolean {
    return this.#entries.has(id)
  }

  /** False for one that was known. */
  add(entry: RevocationEntry): boolean {
    if (this.#entries.has(entry.id)) return false
    this.#entries.set(entry.id, entry)
    const ofTarget = this.#byTarget.get(entry.target)
    if (ofTarget) ofTarget.add(entry)
    else this.#byTarget.set(entry.target, new Set([entry]))
    return true
  }

  covers(principal: Principal, nowMs: number): boolean {
    if (this.#entries.size === 0) return false
    return targetsOf(principal).some((target) =>
      [...(this.#byTarget.get(target) ?? [])].some(
        ({ revocation }) =>
          !revocation.connectionsOnly && revocation.expiresAtMs > nowMs && covers(revocation, principal),
      ),
    )
  }

  /** What a server that holds `ids` has lost. */
  missingFrom(ids: ReadonlySet<string>, nowMs: number): RevocationEntry[] {
    return [...this.#entries.values()].filter(
      ({ id, revocation }) => !ids.has(id) && revocation.expiresAtMs > nowMs,
    )
  }

  forgetEnded(nowMs: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.revocation.expiresAtMs > nowMs) continue
      this.#entries.delete(entry.id)
      const ofTarget = this.#byTarget.get(entry.target)
      ofTarget?.delete(entry)
      if (ofTarget?.size === 0) this.#byTarget.delete(entry.target)
    }
  }
}
