import { isAuthError } from '@wsauth/protocol'
import { type CompactVerifyResult, compactVerify, errors, type JSONWebKeySet } from 'jose'
import { type Awaitable, after } from '../awaitable.ts'
import { assertOptions } from '../option-checks.ts'
import { checkedPrincipal, type Principal } from '../principal.ts'
import { type Algorithm, assertAlgorithms } from './algorithms.ts'
import { type ClaimOptions, claimRules } from './claim-rules.ts'
import { assertLifetime, type ClaimRules, parsedClaims, principalOfClaims, refused } from './claims.ts'
import { HmacSignatures } from './hmac.ts'
import { type JwksOptions, jwksOf, type KeySet } from './jwks.ts'
import { headerRule } from './jwt-header.ts'
import { type Key, keyFor, secretFor } from './keys.ts'
import { noJws } from './no-jws.ts'
import { TokenCache } from './token-cache.ts'
import type { Verifier } from './verifier.ts'

/** What `jwtVerifier()` takes: `key` or `jwks`, and `algorithms`, `issuer` and `audience`. */
export interface JwtVerifierOptions extends ClaimOptions, JwksOptions {
  /**
   * The one key: for HS algorithms a secret of at least the hash's size (text counts as its UTF-8), else a public
   * `CryptoKey`, `KeyObject` or JWK. Either this or `jwks`. A secret is better given as it is than as a `CryptoKey`, with which
   * each token takes a trip through the thread pool.
   */
  readonly key?: Key
  /** The issuer's keys: the URL of its JWK Set (`https:`, or `http:` to a loopback address), or the set itself. */
  readonly jwks?: string | URL | JSONWebKeySet
  /** What the issuer signs with; never read from the token. */
  readonly algorithms: readonly (Algorithm | (string & {}))[]
  /** What kinds of token (`typ` of the header) are taken. Default: `JWT`, `at+jwt`, or none said. */
  readonly typ?: string | readonly string[]
  /**
   * Tokens whose signature is remembered, for five minutes at most, so that a client that comes back costs no cryptography;
   * its times are checked each time. Default 10,000, some 2 MB; 0 for none.
   */
  readonly cacheSize?: number
  /** Milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number
}

const whose = 'jwtVerifier()'
const names: Readonly<Record<keyof JwtVerifierOptions, true>> = {
  key: true,
  jwks: true,
  algorithms: true,
  issuer: true,
  audience: true,
  typ: true,
  leewayMs: true,
  requiredClaims: true,
  maxLifetimeMs: true,
  userId: true,
  cacheSize: true,
  fetch: true,
  now: true,
}
/**
 * Three parts, the canonical alphabet, no padding: everything else is not even looked at. `77u_` is a byte order mark, which
 * jose would skip.
 */
const compactJws = /^(?!77u_)[\w-]+\.[\w-]+\.[\w-]+$/
/** A key set is read again after five minutes: what a withdrawn key has signed is refused after ten. */
const keptMs = 300_000
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
  assertOptions(whose, options, names)
  const { algorithms, now = Date.now } = options
  assertAlgorithms(whose, algorithms)
  const signatures = signaturesOf(options, algorithms)
  const rules = claimRules(whose, options)
  if (!((options.cacheSize ?? 0) >= 0)) throw new TypeError(`${whose}: \`cacheSize\` is a number from 0`)
  const known = new TokenCache<Principal>(options.cacheSize ?? 10_000, keptMs, now)
  const atOnce = (token: string): Awaitable<Principal> => {
    const key = known.keyOf(token)
    const remembered = known.get(key)
    // In the same turn: a storm of clients that come back waits for nothing.
    if (remembered) return principalAgain(remembered, rules, now())
    if (!compactJws.test(token)) throw refused(noJws(token))
    return after(signatures(token), (payload) => {
      const claims = parsedClaims(payload, rules)
      if (!claims) throw refused('the payload is no JSON object')
      const principal = checkedPrincipal(principalOfClaims(claims, rules, now()))
      if (!principal) throw refused('the claims are of nobody')
      known.set(key, principal)
      return principal
    })
  }
  return Object.assign(async (token: string) => atOnce(token), { atOnce })
}

/** What `userId` of the options says may change; nothing else but time does. */
function principalAgain(principal: Principal, rules: ClaimRules, nowMs: number): Principal {
  const { claims = {} } = principal
  if (rules.userId) return principalOfClaims(claims, rules, nowMs)
  assertLifetime(claims, rules, nowMs)
  return principal
}

/** The payload of a token whose header is accepted and whose signature fits. */
type Signatures = (token: string) => Awaitable<Uint8Array>

function signaturesOf(options: JwtVerifierOptions, algorithms: readonly Algorithm[]): Signatures {
  const acceptsHeader = headerRule(whose, options.typ)
  const { key, jwks } = options
  if ((key === undefined) === (jwks === undefined)) {
    throw new TypeError(
      key === undefined
        ? `${whose}: \`key\` is undefined, and so is \`jwks\`: give one of them; is the environment variable set?`
        : `${whose}: give either \`key\` or \`jwks\`, not both`,
    )
  }
  const secret = jwks === undefined ? secretFor(whose, key, algorithms) : undefined
  if (secret) {
    const signatures = new HmacSignatures(secret, algorithms, acceptsHeader)
    return (token) => signatures.payloadOf(token)
  }
  const keys = keysOf(options, algorithms)
  const keyOf: KeySet = (header, jws) => {
    acceptsHeader(header)
    return keys(header, jws)
  }
  const shared = { algorithms: [...algorithms] }
  return async (token) => (await verified(token, keyOf, shared)).payload
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
    if (error instanceof errors.JOSEAlgNotAllowed) throw refused('the algorithm is another')
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

function keysOf({ key, ...options }: JwtVerifierOptions, algorithms: readonly Algorithm[]): KeySet {
  if (options.jwks !== undefined) return jwksOf(whose, options.jwks, algorithms, options)
  const resolve = keyFor(whose, key, algorithms, 'verify')
  return (header) => resolve(header?.alg as Algorithm) as ReturnType<KeySet>
}
