import { createHash } from 'node:crypto'
import type { Principal } from '../principal.ts'

/** Credentials that end early. Exactly one of `userId`, `sessionId` and `tokenId` is there. */
export interface Revocation {
  readonly userId?: string
  readonly sessionId?: string
  readonly tokenId?: string
  /** Credentials made before this, or in the same second, end; those without a time of issue end too. */
  readonly issuedBeforeMs: number
  /** How long a live connection may take to present a newer credential; 0 closes it at once. */
  readonly marginMs: number
  /** From when on nothing can be left that it would refuse, so that it can be forgotten. */
  readonly expiresAtMs: number
  /** The identifier above is `hashedId` of the real one: a store that others can read keeps no names (SECURITY 27). */
  readonly hashed?: boolean
  /**
   * Ends the connections that were open at `issuedBeforeMs` and leaves the credential good: `disconnect` for a whole fleet.
   * `isRevoked` knows nothing of it.
   */
  readonly connectionsOnly?: boolean
}

/** Where revocations are kept. All times are milliseconds since the epoch. */
export interface RevocationStore {
  /** Resolves when the revocation is durable: no later `isRevoked`, on any node, misses it. */
  add(revocation: Revocation): Promise<void>
  /** Whether a revocation covers the principal's credential. Throws where it cannot know. */
  isRevoked(principal: Principal): boolean | Promise<boolean>
  /** Calls back for each revocation that was added, on this node or another; gives the way to call it off. */
  subscribe(listener: (revocation: Revocation) => void): () => void
  /** For whoever made the store: a server does not call it. */
  close?(): Promise<void>
}

/**
 * Whether `revocation` covers `principal`. Ties in the same second die, since `iat` has no more than seconds
 * (RFC 7519 §4.1.6). A token's identifier names one token, so its time does not matter.
 */
export function covers(revocation: Revocation, principal: Principal): boolean {
  const { userId, sessionId, tokenId, issuedBeforeMs, connectionsOnly } = revocation
  const isSame = revocation.hashed
    ? (kind: IdKind, id: string) => hashOf(principal, kind) === id
    : (kind: IdKind, id: string) => principal[kind] === id
  if (tokenId !== undefined) return isSame('tokenId', tokenId)
  const named =
    sessionId === undefined
      ? userId !== undefined && isSame('userId', userId)
      : isSame('sessionId', sessionId)
  return named && (connectionsOnly === true || wasIssuedBy(principal, issuedBeforeMs))
}

type IdKind = 'userId' | 'sessionId' | 'tokenId'

/** What a store that others can read keeps in the place of an identifier; 132 bits of SHA-256. */
export function hashedId(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, 22)
}

/** A node holds every revocation against all its connections, so each is hashed once. */
const hashes: WeakMap<Principal, { [Kind in IdKind]?: string }> = new WeakMap()

function hashOf(principal: Principal, kind: IdKind): string | undefined {
  const id = principal[kind]
  if (id === undefined) return undefined
  const known = hashes.get(principal) ?? {}
  known[kind] ??= hashedId(id)
  hashes.set(principal, known)
  return known[kind]
}

/** Whether the credential was made before `timeMs` or in the same second; unknown counts as yes. */
export function wasIssuedBy({ issuedAt }: Principal, timeMs: number): boolean {
  return issuedAt === undefined || Math.floor(issuedAt / 1000) <= Math.floor(timeMs / 1000)
}
