import { AuthError } from '@wsauth/protocol'
import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose'
import { type Algorithm, algorithmNeeds } from './algorithms.ts'
import { assertEndpoint, fetchedJson } from './fetch-json.ts'

/** Finds the key that a token says it is signed with. */
export type KeySet = (
  header?: JWSHeaderParameters,
  token?: FlattenedJWSInput,
) => CryptoKey | Promise<CryptoKey>

export interface JwksOptions {
  /** Replaces the global `fetch` for the JWK Set, for those behind a proxy. */
  readonly fetch?: typeof fetch
  /** Milliseconds on any clock; for tests. Default `performance.now`, which never jumps. */
  readonly now?: () => number
}

const cooldownMs = 30_000
/** After this long the set is read again, so that a key that the issuer withdrew is withdrawn here. */
const freshMs = 300_000
const keptMs = 3_600_000
/** Clock difference between the issuer and us, forgiven where a token is compared with the set. */
const skewMs = 5_000
/** Tokens that are put off for one set: forged ones are not to pass by the limiter for ever, which counts bad tokens alone. */
const maxPutOff = 1_000
const maxKeys = 100
const limits = { timeoutMs: 3_000, maxBytes: 65_536 }

/** The keys of an issuer (RFC 7517 §5): a JWK Set, or the URL where it stands. Throws a `TypeError` for neither. */
export function jwksOf(
  whose: string,
  jwks: unknown,
  algorithms: readonly Algorithm[],
  options: JwksOptions,
): KeySet {
  if (algorithms.some((name) => algorithmNeeds[name].kty === 'oct')) {
    throw new TypeError(
      `${whose}: \`jwks\` holds public keys, but HS algorithms need a secret; pass it as \`key\``,
    )
  }
  if (typeof jwks === 'string' || jwks instanceof URL) {
    return remoteKeySet(assertEndpoint(whose, 'jwks', jwks), options)
  }
  const set = keySetOf(jwks)
  if (set) return set
  throw new TypeError(
    `${whose}: \`jwks\` is a URL, or a JWK Set of 1 to ${maxKeys} public keys: { keys: [{ kty, … }] }`,
  )
}

/** A set of 1 to 100 public keys; secrets and private keys in it make it none. */
function keySetOf(value: unknown): KeySet | undefined {
  const { keys } = Object(value) as { keys?: unknown }
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > maxKeys) return undefined
  const isPublic = (key: unknown) => typeof key === 'object' && key !== null && !('d' in key) && !('k' in key)
  if (!keys.every(isPublic)) return undefined
  try {
    return createLocalJWKSet(value as JSONWebKeySet)
  } catch {
    return undefined
  }
}

/** When a token says that it was made, unverified: it decides between two refusals, no more. */
function issuedAtMs(token: FlattenedJWSInput | undefined): number {
  try {
    const { iat } = JSON.parse(Buffer.from(String(token?.payload), 'base64url').toString())
    return typeof iat === 'number' ? iat * 1_000 : Number.NaN
  } catch {
    return Number.NaN
  }
}

/**
 * jose's local set over a URL that is read at most once in 30 s, failures included, one read at a time. An unknown `kid`
 * asks for a read; known keys are used for an hour while the endpoint fails (SECURITY 22). A token that is newer than the set may
 * be signed with a key that is newer, too: while the set may not be read again it is not called bad, but is to come back.
 */
function remoteKeySet(url: URL, { fetch: fetcher = fetch, now: given }: JwksOptions): KeySet {
  const { now = () => performance.now(), wallNow = Date.now } = given ? { now: given, wallNow: given } : {}
  let known: KeySet | undefined
  let readAtMs = Number.NEGATIVE_INFINITY
  /** The same, since the epoch. */
  let readAtWallMs = Number.NEGATIVE_INFINITY
  let putOff = 0
  let triedAtMs = Number.NEGATIVE_INFINITY
  /** What went wrong at the last read. */
  let failing: string | undefined
  let reading: Promise<void> | undefined

  const read = async () => {
    triedAtMs = now()
    try {
      const set = keySetOf(await fetchedJson(fetcher, url, {}, limits))
      failing = set
        ? undefined
        : 'what stands at `jwks` is no JWK Set; is it jwks_uri of the discovery document?'
      if (!set) return
      known = set
      readAtMs = now()
      readAtWallMs = wallNow()
      putOff = 0
    } catch {
      failing = 'the JWK Set cannot be read'
    }
  }
  /** A read, the one under way, or none while it is too early for another. */
  const refreshed = async () => {
    if (!reading && now() - triedAtMs < cooldownMs) return
    reading ??= read().finally(() => {
      reading = undefined
    })
    await reading
  }

  return async (header, token) => {
    const knewAtMs = readAtMs
    const ageMs = now() - readAtMs
    if (ageMs >= freshMs) {
      const refresh = refreshed()
      // While the endpoint fails nobody waits for it whose key is known.
      if (!failing || ageMs >= keptMs) await refresh
    }
    const found = await keyIn(known, readAtMs, header, token)
    if (found) return found
    await refreshed()
    const again = await keyIn(known, readAtMs, header, token)
    if (again) return again
    const isNewer = readAtMs === knewAtMs && issuedAtMs(token) > readAtWallMs - skewMs
    if (!failing && known && isNewer && putOff < maxPutOff) {
      putOff++
      const retryAfterMs = triedAtMs + cooldownMs - now()
      throw new AuthError('temporarily_unavailable', {
        message: 'no key of the JWK Set fits yet',
        retryAfterMs,
      })
    }
    throw new AuthError(failing || !known ? 'temporarily_unavailable' : 'invalid_token', {
      message: failing ?? (known ? 'no key of the JWK Set fits' : 'the JWK Set cannot be read'),
    })
  }

  async function keyIn(
    set: KeySet | undefined,
    atMs: number,
    ...jws: Parameters<KeySet>
  ): Promise<CryptoKey | undefined> {
    if (!set || now() - atMs >= keptMs) return undefined
    try {
      return await set(...jws)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined
      throw error
    }
  }
}
