import { isId } from './principal.ts'
import type { Revocation } from './stores/revocation-store.ts'

/** Whose connections are meant. */
export type DisconnectTarget = { readonly userId: string } | { readonly sessionId: string }

/** What ends early: all credentials of a user or of a log-in, or one token. */
export type RevokeTarget =
  | { readonly userId: string }
  | { readonly sessionId: string }
  | { readonly tokenId: string }

/** What a revocation covers, and how sudden it is. */
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
  const named = namedOf('revoke', target, ['userId', 'sessionId', 'tokenId'])
  const { issuedBefore = wallNowMs, marginMs = 0 } = options
  const issuedBeforeMs = issuedBefore instanceof Date ? issuedBefore.getTime() : issuedBefore
  // `null` as a number is the year 1970, before which nothing was issued that could be revoked.
  if (!Number.isFinite(issuedBeforeMs))
    throw new TypeError('revoke: issuedBefore is a Date or milliseconds since 1970')
  if (!(Number.isFinite(marginMs) && marginMs >= 0))
    throw new TypeError('revoke: marginMs is a number of milliseconds, from 0')
  return { ...named, issuedBeforeMs, marginMs, expiresAtMs: wallNowMs + keptMs }
}

/**
 * How long it takes until a token can be newer than the revocation: those of the same second die with it, since `iat` has
 * no more than seconds. A client that is asked for a newer one before that would bring one that is refused.
 */
export function tieOf({ issuedBeforeMs, tokenId }: Revocation, wallNowMs: number): number {
  if (tokenId !== undefined) return 0
  return Math.max(0, (Math.floor(issuedBeforeMs / 1_000) + 1) * 1_000 - wallNowMs)
}

/** How long other nodes may take to hear of a `disconnect`. */
const disconnectKeptMs = 60_000

/** As {@link revocationOf}, for the connections that are open now alone. */
export function disconnectionOf(target: DisconnectTarget, wallNowMs: number): Revocation {
  return {
    ...namedOf('disconnect', target, ['userId', 'sessionId']),
    issuedBeforeMs: wallNowMs,
    marginMs: 0,
    expiresAtMs: wallNowMs + disconnectKeptMs,
    connectionsOnly: true,
  }
}

/**
 * What the clocks of two nodes may differ by, so that a `disconnect` misses nobody on the other: its notice is there within
 * milliseconds, so who came in these seconds after it nearly always came before it, by another clock.
 */
const clockDifferenceMs = 5_000

/** True for a connection that was opened after a `disconnect`, which leaves it alone. */
export function cameAfter({ connectionsOnly, issuedBeforeMs }: Revocation, openedAtMs: number): boolean {
  return connectionsOnly === true && openedAtMs > issuedBeforeMs + clockDifferenceMs
}

function namedOf(
  what: string,
  target: object,
  names: readonly string[],
): { readonly userId?: string; readonly sessionId?: string; readonly tokenId?: string } {
  const entries = Object.entries(Object(target)).filter(([, id]) => id !== undefined)
  const [[name = '', id] = []] = entries
  if (entries.length !== 1 || !names.includes(name) || !isId(id)) {
    const choices = names.map((one) => `{ ${one} }`).join(', ')
    throw new TypeError(`${what}: name exactly one of ${choices}, such as { userId: '42' }`)
  }
  return { [name]: id }
}
