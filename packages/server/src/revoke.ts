import { isId } from './principal.ts'
import type { Revocation } from './stores/revocation-store.ts'

/** What ends early: all credentials of a user or of a log-in, or one token. */
export type RevokeTarget =
  | { readonly userId: string }
  | { readonly sessionId: string }
  | { readonly tokenId: string }

export interface RevokeOptions {
  /** Credentials made before this end; a `Date`, or milliseconds since the epoch. Default now. */
  readonly issuedBefore?: Date | number
  /** How long live connections have to present a newer credential. Default 0: none, they are closed at once. */
  readonly marginMs?: number
}

/** How long a revocation is kept: longer than any token should live, and as long as browsers keep a cookie. */
const keptMs = 400 * 24 * 60 * 60 * 1_000

/** Throws a `TypeError` that says what to write instead. */
export function revocationOf(target: RevokeTarget, options: RevokeOptions, wallNowMs: number): Revocation {
  const named = Object.entries(target).filter(([, id]) => id !== undefined)
  const [[name, id] = []] = named
  if (named.length !== 1 || !['userId', 'sessionId', 'tokenId'].includes(name ?? '') || !isId(id)) {
    throw new TypeError(
      "revoke: name one of { userId }, { sessionId } and { tokenId }, such as { userId: '42' }",
    )
  }
  const { issuedBefore = wallNowMs, marginMs = 0 } = options
  const issuedBeforeMs = Number(issuedBefore)
  if (!Number.isFinite(issuedBeforeMs))
    throw new TypeError('revoke: issuedBefore is a Date or milliseconds since 1970')
  if (!(marginMs >= 0 && Number.isFinite(marginMs)))
    throw new TypeError('revoke: marginMs is a number of milliseconds, from 0')
  return { [name as 'userId']: id, issuedBeforeMs, marginMs, expiresAtMs: wallNowMs + keptMs }
}
