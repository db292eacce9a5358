import { AuthError } from '@wsauth/protocol'
import { isId, type Principal } from '../principal.ts'

/** What a token, or an answer of introspection, says of its user: members of any shape, so look before you use one. */
export type Claims = Readonly<Record<string, unknown>>

/** What the claims of a token are held against. Built once per verifier. */
export interface ClaimRules {
  /** Exact, any of them; `false` takes every issuer. */
  readonly issuers: readonly string[] | false
  readonly audiences: readonly string[] | false
  readonly leewayMs: number
  /** How far ahead the issuer's clock may be, on `nbf` and `iat`. Default: `leewayMs`. */
  readonly aheadMs?: number
  readonly maxLifetimeMs: number
  readonly requiredClaims: readonly string[]
  /** Default: `sub`. */
  readonly userId: ((claims: Claims) => string) | undefined
  /** True where `exp` may be absent, since the issuer is asked again and again. */
  readonly endless?: boolean
}

/** The payload of a token whose signature was verified, or `undefined` where it is no JSON object in UTF-8. */
export function parsedClaims(payload: Uint8Array, rules: ClaimRules): Claims | undefined {
  try {
    return frozenClaims(JSON.parse(utf8.decode(payload)), rules)
  } catch {
    return undefined
  }
}

/** A JSON object that nobody else holds, as claims; `undefined` for any other value. */
export function frozenClaims(value: unknown, rules: ClaimRules): Claims | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  shareTexts(value, rules)
  freeze(value)
  return value as Claims
}

/** Issuer and audience as the options have them: one text for all tokens, where each would bring its own. */
function shareTexts(claims: { iss?: unknown; aud?: unknown }, { issuers, audiences }: ClaimRules): void {
  // Of the claims alone: here they still have a prototype.
  const issuer = issuers && Object.hasOwn(claims, 'iss') && issuers.find((one) => one === claims.iss)
  if (issuer) claims.iss = issuer
  const audience = audiences && Object.hasOwn(claims, 'aud') && audiences.find((one) => one === claims.aud)
  if (audience) claims.aud = audience
}

// `ignoreBOM` keeps a byte order mark in the text, where JSON has no place for it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Freezes through and through and takes the prototypes away: a claim `__proto__` is a claim like any other.
 *
 * In place, not by copying into `Object.create(null)`: that makes a dictionary of each, 460 bytes more per connection.
 */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const member of Object.values(value)) freeze(member)
  if (!Array.isArray(value)) Object.setPrototypeOf(value, null)
  Object.freeze(value)
}

/**
 * The principal that verified claims stand for (RFC 7519 §4.1, RFC 8725 §3.8 to §3.10). Throws `invalid_token`, with a
 * constant message for the operator that quotes nothing of the token.
 */
export function principalOfClaims(claims: Claims, rules: ClaimRules, nowMs: number): Principal {
  const { iss, aud, sid, jti } = claims
  const { issuers, audiences } = rules
  if (issuers && !(typeof iss === 'string' && issuers.includes(iss))) throw refused('the issuer is another')
  if (audiences && !audienceOf(aud).some((one) => audiences.includes(one)))
    throw refused('the audience is another')
  const { expiresAt, issuedAt } = lifetimeOf(claims, rules, nowMs)
  if (rules.requiredClaims.some((name) => claims[name] === undefined || claims[name] === null)) {
    throw refused('a required claim is missing')
  }
  // Revocations find a token by these, so they are strings or absent.
  if (sid !== undefined && !isId(sid)) throw refused('sid is not a string of 1 to 256 characters')
  if (jti !== undefined && !isId(jti)) throw refused('jti is not a string of 1 to 256 characters')
  return {
    userId: userIdOf(claims, rules),
    claims,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    leewayMs: rules.leewayMs,
    ...(isId(sid) ? { sessionId: sid } : {}),
    ...(isId(jti) ? { tokenId: jti } : {}),
    ...(issuedAt === undefined ? {} : { issuedAt }),
    ...(isId(iss) ? { issuer: iss } : {}),
  }
}

/** Throws `invalid_token` where claims that were good before are so no more. */
export function assertLifetime(claims: Claims, rules: ClaimRules, nowMs: number): void {
  lifetimeOf(claims, rules, nowMs)
}

interface Lifetime {
  readonly expiresAt: number | undefined
  readonly issuedAt: number | undefined
}

function lifetimeOf({ exp, nbf, iat }: Claims, rules: ClaimRules, nowMs: number): Lifetime {
  const { leewayMs, aheadMs = leewayMs } = rules
  const expiresAt = rules.endless && exp === undefined ? undefined : endOf(exp, rules, nowMs)
  const notBefore = timeOf(nbf, 'nbf is no number of seconds')
  if (notBefore !== undefined && notBefore > nowMs + aheadMs) throw refused('the token is not valid yet')
  const issuedAt = timeOf(iat, 'iat is no number of seconds')
  if (issuedAt !== undefined && issuedAt > nowMs + aheadMs)
    throw refused('the token was issued in the future')
  return { expiresAt, issuedAt }
}

function endOf(exp: unknown, { leewayMs, maxLifetimeMs }: ClaimRules, nowMs: number): number {
  if (!Number.isSafeInteger(exp)) throw refused('exp is missing or no safe integer')
  const expiresAt = (exp as number) * 1000
  if (expiresAt + leewayMs <= nowMs) throw refused('the token has expired', expiresAt)
  if (expiresAt - nowMs > maxLifetimeMs) throw refused('the token lives longer than maxLifetimeMs')
  return expiresAt
}

/** A NumericDate, which may have a fraction, in milliseconds. */
function timeOf(seconds: unknown, complaint: string): number | undefined {
  if (seconds === undefined) return undefined
  if (typeof seconds !== 'number' || !Number.isSafeInteger(Math.floor(seconds)) || seconds < 0)
    throw refused(complaint)
  return seconds * 1000
}

/** `aud` is a string or an array of strings (RFC 7519 §4.1.3); anything else addresses nobody. */
function audienceOf(aud: unknown): readonly string[] {
  if (typeof aud === 'string') return [aud]
  return Array.isArray(aud) && aud.every((one) => typeof one === 'string') ? aud : []
}

function userIdOf(claims: Claims, { userId }: ClaimRules): string {
  const { sub } = claims
  if (sub !== undefined && !isId(sub)) throw refused('sub is not a string of 1 to 256 characters')
  let id: unknown = sub
  try {
    if (userId) id = userId(claims)
  } catch {
    throw refused('`userId` of the options threw')
  }
  if (id instanceof Promise) {
    // Its rejection would be nobody's, and end the process.
    id.catch(() => {})
    throw refused('`userId` of the options gave a promise: it has to give text at once')
  }
  if (!isId(id)) throw refused(userId ? '`userId` of the options found nobody' : 'sub is missing')
  return id
}

/** `invalid_token`; all of them look the same to a peer. */
export function refused(message: string, expiredAtMs?: number): AuthError {
  return new AuthError('invalid_token', expiredAtMs === undefined ? { message } : { message, expiredAtMs })
}
