import type { ClaimRules, Claims } from './claims.ts'
import { expected } from './options.ts'

export interface ClaimOptions {
  /** `iss`, compared character by character; of several, any. `false`: any issuer that holds the key. */
  readonly issuer: string | readonly string[] | false
  /** `aud`: one of the token's has to be one of these. `false`: a token for anybody is taken. */
  readonly audience: string | readonly string[] | false
  /** Clock difference that is forgiven on `exp`, `nbf` and `iat`. Default 5,000; at most 60,000. */
  readonly leewayMs?: number
  /** Claims that have to be there, besides `exp` and `sub`. Default none. */
  readonly requiredClaims?: readonly string[]
  /** How far ahead `exp` may be. Default 24 hours. */
  readonly maxLifetimeMs?: number
  /** Who the user is. Default `sub`, which is required then. */
  readonly userId?: (claims: Claims) => string
}

/** The rules for claims that options of `jwtVerifier` stand for. Throws a `TypeError` that says what to write instead. */
export function claimRules(whose: string, options: ClaimOptions): ClaimRules {
  const { leewayMs = 5_000, maxLifetimeMs = 86_400_000, requiredClaims = [], userId } = options
  if (!(typeof leewayMs === 'number' && leewayMs >= 0 && leewayMs <= 60_000)) {
    throw new TypeError(`${whose}: \`leewayMs\` is 0 to 60_000; a clock that is further off wants to be set`)
  }
  if (!(Number.isFinite(maxLifetimeMs) && maxLifetimeMs > 0)) {
    throw new TypeError(`${whose}: \`maxLifetimeMs\` is a number of milliseconds above 0, such as 3_600_000`)
  }
  if (!Array.isArray(requiredClaims) || !requiredClaims.every((name) => typeof name === 'string')) {
    throw new TypeError(`${whose}: \`requiredClaims\` is a list of names, such as ['scope']`)
  }
  assertUserId(whose, userId)
  return {
    issuers: expected(whose, 'issuer', options.issuer),
    audiences: expected(whose, 'audience', options.audience),
    leewayMs,
    maxLifetimeMs,
    requiredClaims: [...requiredClaims],
    userId,
  }
}

/** Throws a `TypeError` for a `userId` that cannot be asked. */
export function assertUserId(whose: string, userId: unknown): void {
  if (userId === undefined || typeof userId === 'function') return
  throw new TypeError(`${whose}: \`userId\` is a function, such as (claims) => claims.email`)
}
