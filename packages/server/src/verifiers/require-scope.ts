import { AuthError } from '@wsauth/protocol'
import { type Awaitable, after } from '../awaitable.ts'
import type { Principal } from '../principal.ts'
import type { Verifier } from './verifier.ts'

/**
 * A verifier that also wants scopes, all of them, else `insufficient_scope` (RFC 6750 §3.1). Reads the claim `scope`, words
 * between spaces (RFC 8693 §4.2), and `scp`, the same or a list, as some issuers write it. Throws a `TypeError` for a scope
 * that could never be in a token.
 *
 * Does not look at roles or permissions under other names: write a verifier of your own around this one for that.
 *
 * @example verifier: requireScope(jwtVerifier(options), 'chat:read', 'chat:write')
 */
export function requireScope(verifier: Verifier, ...scopes: readonly string[]): Verifier {
  if (typeof verifier !== 'function') throw new TypeError('requireScope(): the first argument is a verifier')
  if (scopes.length === 0 || !scopes.every(isScope)) {
    throw new TypeError(
      "requireScope(): give scopes one by one, such as requireScope(verifier, 'read', 'write')",
    )
  }
  const assertScopes = (principal: Principal): Principal => {
    const has = scopesOf(principal?.claims)
    if (principal && !scopes.every((scope) => has.includes(scope))) throw new AuthError('insufficient_scope')
    return principal
  }
  const checked = async (answer: Awaitable<Principal>): Promise<Principal> => assertScopes(await answer)
  const verify: Verifier = (token, context) => checked(verifier(token, context))
  const { atOnce, revalidate } = verifier
  return Object.assign(
    verify,
    atOnce && { atOnce: (token: string) => after(atOnce(token), assertScopes) },
    revalidate && {
      revalidate: (...args: Parameters<typeof revalidate>) => checked(revalidate(...args)),
    },
  )
}

/** RFC 6749 §3.3. */
function isScope(scope: unknown): boolean {
  return typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)
}

function scopesOf(claims: Principal['claims']): readonly unknown[] {
  return [claims?.scope, claims?.scp].flatMap((scope) =>
    typeof scope === 'string' ? scope.split(' ') : Array.isArray(scope) ? scope : [],
  )
}
