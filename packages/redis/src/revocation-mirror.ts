import { covers, type Principal } from '@wsauth/server'
import { type RevocationEntry, targetsOf } from './revocation-entry.ts'

/**
 * The revocations that a node has heard of and that can still refuse something. It answers while Redis is away, and it is
 * what a Redis that lost some gets them back from.
 */
export class RevocationMirror {
  readonly #entries = new Map<string, RevocationEntry>()
  /** Nearly always one for each; a list takes a third of the memory of a set. */
  readonly #byTarget = new Map<string, readonly RevocationEntry[]>()

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
    const others = this.#byTarget.get(entry.target)?.filter((other) => !outdoes(entry, other)) ?? []
    this.#byTarget.set(entry.target, [...others, entry])
    return true
  }

  covers(principal: Principal, nowMs: number): boolean {
    if (this.#entries.size === 0) return false
    return this.against(principal).some(
      ({ revocation }) =>
        !revocation.connectionsOnly && revocation.expiresAtMs > nowMs && covers(revocation, principal),
    )
  }

  /** What has to be looked at for a credential. */
  against(principal: Principal): readonly RevocationEntry[] {
    return targetsOf(principal).flatMap((target) => this.#byTarget.get(target) ?? [])
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
      const left = this.#byTarget.get(entry.target)?.filter((one) => one !== entry) ?? []
      if (left.length > 0) this.#byTarget.set(entry.target, left)
      else this.#byTarget.delete(entry.target)
    }
  }
}

/** Whether whatever `other` covers is covered by `entry`, for as long: one user revoked again and again costs no look-up more. */
function outdoes({ revocation: entry }: RevocationEntry, { revocation: other }: RevocationEntry): boolean {
  if (entry.connectionsOnly) return other.connectionsOnly === true
  return entry.issuedBeforeMs >= other.issuedBeforeMs && entry.expiresAtMs >= other.expiresAtMs
}
