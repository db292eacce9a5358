import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { warnAboutUnknown } from '../option-checks.ts'
import { isId } from '../principal.ts'
import { type Algorithm, assertAlgorithm } from './algorithms.ts'
import { type Key, keyFor } from './keys.ts'

/** What `tokenIssuer()` takes. */
export interface TokenIssuerOptions {
  /** For HS algorithms a secret of at least the hash's size, else a private `CryptoKey`, `KeyObject` or JWK. */
  readonly key: Key
  readonly algorithm: Algorithm | (string & {})
  /** `iss` of the tokens. */
  readonly issuer: string
  /** `aud` of the tokens. */
  readonly audience: string | readonly string[]
  /** How long a token lives, in milliseconds: at least a second, at most 24 hours. Default 15 minutes. */
  readonly ttlMs?: number
  /** `kid` of the header. Default: that of a JWK, else none. */
  readonly keyId?: string
  /** Milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number
}

/** Whom a token is for; other members become claims as they are. */
export interface TokenSubject {
  /** `sub`. */
  readonly userId: string
  /** `sid`: the log-in that the token belongs to, for `disconnect` and `revoke`. */
  readonly sessionId?: string
  readonly [claim: string]: unknown
}

/** Signs access tokens; made by `tokenIssuer()`. */
export interface TokenIssuer {
  /** A signed access token. Rejects with a `TypeError` for a `userId` or a claim that cannot stand in one. */
  issue(subject: TokenSubject): Promise<string>
}

const names: Readonly<Record<keyof TokenIssuerOptions, true>> = {
  key: true,
  algorithm: true,
  issuer: true,
  audience: true,
  ttlMs: true,
  keyId: true,
  now: true,
}

const whose = 'tokenIssuer()'
const ownClaims: readonly string[] = ['iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'jti']

/**
 * Signs access tokens (RFC 9068: `typ` `at+jwt`, `iss`, `aud`, `sub`, `jti`, `iat`, `exp`) that `jwtVerifier` with the same
 * key, issuer and audience takes: for those who have no identity provider. Construction mistakes throw a `TypeError`.
 *
 * Does not check passwords, and does not remember what it issued: to end a token early, revoke it by its `jti` or `sid`.
 *
 * @example const token = await tokenIssuer({ key, algorithm: 'HS256', issuer, audience, ttlMs: 60_000 }).issue({ userId, role: 'admin' })
 */
export function tokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${whose}: options are missing: { key, algorithm, issuer, audience }`)
  }
  const { key, algorithm, issuer, audience, ttlMs = 900_000, now = Date.now } = options
  if (algorithm === undefined) {
    throw new TypeError(`${whose}: \`algorithm\` is missing; write what the key is for, such as 'ES256'`)
  }
  assertAlgorithm(whose, algorithm)
  const resolve = keyFor(whose, key, [algorithm], 'sign')
  const audiences: readonly unknown[] = Array.isArray(audience) ? audience : [audience]
  if (!isId(issuer))
    throw new TypeError(`${whose}: \`issuer\` is missing; write your own URL, such as https://app.example`)
  if (audiences.length === 0 || !audiences.every(isId)) {
    throw new TypeError(
      `${whose}: \`audience\` is missing; write what jwtVerifier() is given, such as 'chat'`,
    )
  }
  if (!(ttlMs >= 1_000 && ttlMs <= 86_400_000)) {
    throw new TypeError(`${whose}: \`ttlMs\` is 1_000 to 86_400_000 (24 hours)`)
  }
  warnAboutUnknown(whose, options, Object.keys(names))
  const kid = options.keyId ?? kidOf(key)
  const header = { alg: algorithm, typ: 'at+jwt', ...(kid === undefined ? {} : { kid }) }

  return {
    issue: async (subject) => {
      const { userId, sessionId, ...claims } = Object(subject) as TokenSubject
      if (!isId(userId)) throw new TypeError('issue(): `userId` is a string of 1 to 256 characters')
      if (sessionId !== undefined && !isId(sessionId)) {
        throw new TypeError('issue(): `sessionId` is a string of 1 to 256 characters')
      }
      const taken = ownClaims.find((name) => Object.hasOwn(claims, name))
      if (taken !== undefined) throw new TypeError(`issue(): \`${taken}\` is set by the issuer; leave it out`)
      assertJson(claims)
      const iat = Math.floor(now() / 1000)
      const times = { iat, exp: iat + Math.floor(ttlMs / 1000) }
      const sid = sessionId === undefined ? {} : { sid: sessionId }
      const aud = audiences.length === 1 ? audiences[0] : audiences
      return new SignJWT({
        ...claims,
        ...sid,
        iss: issuer,
        aud: aud as string,
        sub: userId,
        jti: randomUUID(),
        ...times,
      })
        .setProtectedHeader(header)
        .sign(await resolve(algorithm))
    },
  }
}

/** What a token cannot hold is said here: a function, of which `jose` says a `DataCloneError`, a cycle, a `BigInt`. */
function assertJson(claims: object): void {
  try {
    JSON.stringify(structuredClone(claims))
  } catch {
    throw new TypeError('issue(): a claim is something that JSON cannot hold')
  }
}

function kidOf(key: Key): string | undefined {
  return typeof key === 'object' && 'kid' in key && typeof key.kid === 'string' ? key.kid : undefined
}
