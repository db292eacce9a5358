import { AuthError, isAuthError } from '@wsauth/protocol'
import { assertOptions } from '../option-checks.ts'
import { isId, type Principal } from '../principal.ts'
import { assertUserId } from './claim-rules.ts'
import { type ClaimRules, type Claims, frozenClaims, principalOfClaims, refused } from './claims.ts'
import { assertEndpoint, fetchedJson } from './fetch-json.ts'
import { expected } from './options.ts'
import { TokenCache } from './token-cache.ts'
import type { Verifier } from './verifier.ts'

/** What `introspection()` takes. */
export interface IntrospectionOptions {
  /** The introspection endpoint: `https:`, or `http:` to a loopback address. */
  readonly endpoint: string | URL
  /** What the authorization server knows this server as (HTTP Basic, RFC 6749 §2.3.1). Either these or `headers`. */
  readonly clientId?: string
  readonly clientSecret?: string
  /** Headers that authenticate this server another way, such as `{ authorization: 'Bearer …' }`. */
  readonly headers?: Readonly<Record<string, string>>
  /** `aud` of the answer has to be one of these. Default `false`: the endpoint answers for this server's tokens alone. */
  readonly audience?: string | readonly string[] | false
  /** `iss` of the answer. Default `false`. */
  readonly issuer?: string | readonly string[] | false
  /** Who the user is. Default `sub`. */
  readonly userId?: (claims: Claims) => string
  /** For how long an active answer is used again for the same token. Default 10,000; 0 asks each time. */
  readonly cacheMs?: number
  /** Answers that are kept. Default 10,000. */
  readonly cacheSize?: number
  /** Default 3,000. */
  readonly timeoutMs?: number
  /** Replaces the global `fetch`, for those behind a proxy. */
  readonly fetch?: typeof fetch
  /** Milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number
}

const whose = 'introspection()'
const names: Readonly<Record<keyof IntrospectionOptions, true>> = {
  endpoint: true,
  clientId: true,
  clientSecret: true,
  headers: true,
  audience: true,
  issuer: true,
  userId: true,
  cacheMs: true,
  cacheSize: true,
  timeoutMs: true,
  fetch: true,
  now: true,
}
const maxBytes = 65_536

/**
 * Verifies an opaque token by asking the authorization server (RFC 7662).
 *
 * Takes an answer with `active: true`, a `sub` (or what `userId` finds), and an end that has not come; checks `iss` and `aud`
 * where told to. Refuses with `invalid_token`, and with `temporarily_unavailable` where the endpoint does not answer in time
 * with 200 and JSON. An active answer is used again for `cacheMs`, never past its end; live sessions are looked at past the
 * cache every `auth.revalidateMs`. Construction mistakes throw a `TypeError`.
 *
 * Does not check `scope`; see `requireScope`.
 *
 * @example introspection({ endpoint: 'https://id.example/introspect', clientId: 'chat', clientSecret })
 */
export function introspection(options: IntrospectionOptions): Verifier {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${whose}: options are missing: { endpoint, clientId, clientSecret }`)
  }
  assertOptions(whose, options, names)
  const { cacheMs = 10_000, cacheSize = 10_000, timeoutMs = 3_000, now = Date.now } = options
  const endpoint = assertEndpoint(whose, 'endpoint', options.endpoint)
  const headers = { ...credentialsOf(options), 'content-type': 'application/x-www-form-urlencoded' }
  const fetcher = options.fetch ?? fetch
  const rules: ClaimRules = {
    issuers: expected(whose, 'issuer', options.issuer ?? false),
    audiences: expected(whose, 'audience', options.audience ?? false),
    leewayMs: 0,
    // A token that was made a moment ago is not to be refused for a clock that is a second off.
    aheadMs: 5_000,
    maxLifetimeMs: Number.POSITIVE_INFINITY,
    requiredClaims: [],
    userId: options.userId,
    endless: true,
  }
  assertUserId(whose, options.userId)
  assertNumbers({ cacheMs, cacheSize, timeoutMs })
  const known = new TokenCache<Principal>(cacheSize, cacheMs, now)
  const asking = new Map<string, Promise<Principal>>()

  const ask = async (token: string): Promise<Principal> => {
    const body = new URLSearchParams({ token, token_type_hint: 'access_token' }).toString()
    let answer: unknown
    try {
      answer = await fetchedJson(
        fetcher,
        endpoint,
        { method: 'POST', headers, body },
        { timeoutMs, maxBytes },
      )
    } catch {
      // What `fetch` rejects with may quote the request, and with it the token.
      throw new AuthError('temporarily_unavailable', {
        message: 'the introspection endpoint does not answer',
      })
    }
    const claims = frozenClaims(answer, rules)
    if (claims?.active !== true) throw refused('the token is not active')
    return principalOfClaims(claims, rules, now())
  }

  /** Asks once for all who present the same token at the same time. */
  const asked = (token: string): Promise<Principal> => {
    const underWay = asking.get(token)
    if (underWay) return underWay
    const fresh = ask(token).finally(() => asking.delete(token))
    asking.set(token, fresh)
    return fresh
  }

  const verify: Verifier = async (token) => {
    const key = known.keyOf(token)
    const remembered = known.get(key)
    if (remembered && (remembered.expiresAt ?? Number.POSITIVE_INFINITY) > now()) return remembered
    const principal = await asked(token)
    known.set(key, principal)
    return principal
  }
  const revalidate = async (token: string, live: Principal): Promise<Principal> => {
    const key = known.keyOf(token)
    try {
      const principal = await ask(token)
      if (principal.userId !== live.userId) throw refused('the token is another user’s now')
      known.set(key, principal)
      return principal
    } catch (error) {
      if (isAuthError(error, 'invalid_token')) known.delete(key)
      throw error
    }
  }
  return Object.assign(verify, { revalidate })
}

function credentialsOf({ clientId, clientSecret, headers }: IntrospectionOptions): Record<string, string> {
  if ((clientId === undefined) === (headers === undefined)) {
    throw new TypeError(`${whose}: say who you are: either \`clientId\` and \`clientSecret\`, or \`headers\``)
  }
  if (clientId === undefined) return { ...headers }
  if (!isId(clientId) || typeof clientSecret !== 'string' || clientSecret === '') {
    throw new TypeError(`${whose}: \`clientId\` needs a \`clientSecret\` beside it, both non-empty strings`)
  }
  // Encoded as in a form, then joined (RFC 6749 §2.3.1).
  const [id, secret] = [clientId, clientSecret].map((one) =>
    new URLSearchParams({ '': one }).toString().slice(1),
  )
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }
}

function assertNumbers(numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    const least = name === 'cacheMs' ? 0 : 1
    if (!(Number.isFinite(value) && value >= least))
      throw new TypeError(`${whose}: \`${name}\` is a number from ${least}`)
  }
}
