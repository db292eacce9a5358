import { isAuthError } from '@wsauth/protocol'
import {
  type CompactVerifyResult,
  compactVerify,
  errors,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose'
import { type Algorithm, assertAlgorithms } from './algorithms.ts'
import { type ClaimRules, type Claims, parsedClaims, principalOfClaims, refused } from './claims.ts'
import { type JwksOptions, jwksOf, type KeySet } from './jwks.ts'
import { type Key, keyFor } from './keys.ts'
import { expected, listed } from './options.ts'
import { TokenCache } from './token-cache.ts'
import type { Verifier } from './verifier.ts'

export interface JwtVerifierOptions extends JwksOptions {
  /**
   * The one key: for HS algorithms a secret of at least the hash's size (text counts as its UTF-8), else a public
   * `CryptoKey`, `KeyObject` or JWK. Either this or `jwks`.
   */
  readonly key?: Key
  /** The issuer's keys: the URL of its JWK Set (`https:`, or `http:` to a loopback address), or the set itself. */
  readonly jwks?: string | URL | JSONWebKeySet
  /** What the issuer signs with; never read from the token. */
  readonly algorithms: readonly (Algorithm | (string & {}))[]
  /** `iss`, compared character by character; of several, any. `false`: any issuer that holds the key. */
  readonly issuer: string | readonly string[] | false
  /** `aud`: one of the token's has to be one of these. `false`: a token for anybody is taken. */
  readonly audience: string | readonly string[] | false
  /** What kinds of token (`typ` of the header) are taken. Default: `JWT`, `at+jwt`, or none said. */
  readonly typ?: string | readonly string[]
  /** Clock difference that is forgiven on `exp`, `nbf` and `iat`. Default 5,000; at most 60,000. */
  readonly leewayMs?: number
  /** Claims that have to be there, besides `exp` and `sub`. Default none. */
  readonly requiredClaims?: readonly string[]
  /** How far ahead `exp` may be. Default 24 hours. */
  readonly maxLifetimeMs?: number
  /** Who the user is. Default `sub`, which is required then. */
  readonly userId?: (claims: Claims) => string
  /**
   * Tokens whose signature is remembered, for ten minutes at most, so that a client that comes back costs no cryptography;
   * everything else is checked each time. Default 2,000; 0 for none.
   */
  readonly cacheSize?: number
  /** Milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number
}

const whose = 'jwtVerifier()'
/**
 * Three parts, the canonical alphabet, no padding: everything else is not even looked at. `77u_` is a byte order mark, which
 * jose would skip.
 */
const compactJws = /^(?!77u_)[\w-]+\.[\w-]+\.[\w-]+$/
const maxKidLength = 128
/** As long as a key that the issuer withdrew may be used (`jwks.ts`), so that no signature outlives its key here. */
const keptMs = 600_000
/** Keys of a set that are tried for a token without `kid`: each costs a signature check. */
const maxKeysTried = 4

/**
 * Verifies a JWT access token of one issuer for one audience (RFC 8725, RFC 9068 §4).
 *
 * Checks the form (a compact JWS of three parts), the header (`alg` in `algorithms`, `typ`, no `crit`, no `b64`, `kid` of at
 * most 128 characters), the signature, then `iss`, `aud`, `exp` (required, at most `maxLifetimeMs` ahead), `nbf`, `iat`,
 * `requiredClaims` and `sub`. `jku`, `x5u`, `jwk` and `x5c` of a header are never used. Refuses with `invalid_token`, and
 * with `temporarily_unavailable` where the key set cannot be had. Construction mistakes throw a `TypeError`.
 *
 * Does not check `scope` (see `requireScope`), nor whether the user still exists; revocation is `auth.revocations`.
 *
 * @example jwtVerifier({ jwks: 'https://id.example/jwks', algorithms: ['ES256'], issuer: 'https://id.example', audience: 'chat' })
 */
export function jwtVerifier(options: JwtVerifierOptions): Verifier {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${whose}: options are missing: { key, algorithms, issuer, audience }`)
  }
  const { algorithms, now = Date.now } = options
  assertAlgorithms(whose, algorithms)
  const keys = keysOf(options, algorithms)
  const rules = rulesOf(options)
  const acceptsTyp = typRule(options.typ)
  if (!((options.cacheSize ?? 0) >= 0)) throw new TypeError(`${whose}: \`cacheSize\` is a number from 0`)
  const shared = { algorithms: [...algorithms] }

  const keyOf: KeySet = (header, jws) => {
    assertHeader(header, acceptsTyp)
    return keys(header, jws)
  }
  const known = new TokenCache<Claims>(options.cacheSize ?? 2_000, keptMs, now)
  return async (token) => {
    if (!compactJws.test(token)) throw refused('not a compact JWS')
    const remembered = known.get(token)
    const claims = remembered ?? (await signedClaims(token, keyOf, shared))
    const principal = principalOfClaims(claims, rules, now())
    if (!remembered) known.set(token, claims)
    return principal
  }
}

async function signedClaims(
  token: string,
  keyOf: KeySet,
  options: { algorithms: string[] },
): Promise<Claims> {
  const { payload } = await verified(token, keyOf, options)
  const claims = parsedClaims(payload)
  if (!claims) throw refused('the payload is no JSON object')
  return claims
}

/** jose's errors carry the payload of the token, so none of them goes any further (SECURITY 28). */
async function verified(
  token: string,
  keyOf: KeySet,
  options: { algorithms: string[] },
): Promise<CompactVerifyResult> {
  try {
    return await compactVerify(token, keyOf, options)
  } catch (error) {
    if (isAuthError(error)) throw error
    if (error instanceof errors.JWKSMultipleMatchingKeys) return await verifiedByAny(token, error, options)
    throw refused('the signature or the header is not valid')
  }
}

async function verifiedByAny(
  token: string,
  candidates: errors.JWKSMultipleMatchingKeys,
  options: { algorithms: string[] },
): Promise<CompactVerifyResult> {
  let tried = 0
  for await (const key of candidates) {
    if (tried++ === maxKeysTried) break
    try {
      return await compactVerify(token, key, options)
    } catch {
      // Not this key.
    }
  }
  throw refused('the signature or the header is not valid')
}

function assertHeader(header: JWSHeaderParameters | undefined, acceptsTyp: (typ: unknown) => boolean): void {
  const { kid, typ, crit, b64 } = (header ?? {}) as Record<string, unknown>
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > maxKidLength))
    throw refused('kid is too long')
  if (crit !== undefined || b64 !== undefined) throw refused('the header asks for an extension')
  if (!acceptsTyp(typ)) throw refused('typ is another kind of token')
}

function typRule(typ: string | readonly string[] | undefined): (typ: unknown) => boolean {
  const wanted = typ === undefined ? ['jwt', 'at+jwt'] : listed(whose, 'typ', typ).map(mediaType)
  return (value) =>
    value === undefined ? typ === undefined : typeof value === 'string' && wanted.includes(mediaType(value))
}

/** RFC 7515 §4.1.9: case does not matter, and `application/` may be left out. */
function mediaType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '')
}

function keysOf(options: JwtVerifierOptions, algorithms: readonly Algorithm[]): KeySet {
  const { key, jwks } = options
  if ((key === undefined) === (jwks === undefined)) {
    throw new TypeError(
      `${whose}: give either \`key\` or \`jwks\`, ${key === undefined ? 'one of them' : 'not both'}`,
    )
  }
  if (jwks !== undefined) return jwksOf(whose, jwks, algorithms, options)
  const resolve = keyFor(whose, key, algorithms, 'verify')
  return (header) => resolve(header?.alg as Algorithm) as ReturnType<KeySet>
}

function rulesOf(options: JwtVerifierOptions): ClaimRules {
  const { leewayMs = 5_000, maxLifetimeMs = 86_400_000, requiredClaims = [], userId } = options
  if (!(leewayMs >= 0 && leewayMs <= 60_000)) {
    throw new TypeError(`${whose}: \`leewayMs\` is 0 to 60_000; a clock that is further off wants to be set`)
  }
  if (!(Number.isFinite(maxLifetimeMs) && maxLifetimeMs > 0)) {
    throw new TypeError(`${whose}: \`maxLifetimeMs\` is a number of milliseconds above 0, such as 3_600_000`)
  }
  if (!Array.isArray(requiredClaims) || !requiredClaims.every((name) => typeof name === 'string')) {
    throw new TypeError(`${whose}: \`requiredClaims\` is a list of names, such as ['scope']`)
  }
  if (userId !== undefined && typeof userId !== 'function') {
    throw new TypeError(`${whose}: \`userId\` is a function, such as (claims) => claims.email`)
  }
  return {
    issuers: expected(whose, 'issuer', options.issuer),
    audiences: expected(whose, 'audience', options.audience),
    leewayMs,
    maxLifetimeMs,
    requiredClaims: [...requiredClaims],
    userId,
  }
}
