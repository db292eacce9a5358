import { AuthError, isAuthError } from '@wsauth/protocol'
import type { Principal } from '../principal.ts'
import type { Verifier } from './verifier.ts'

/**
 * Asks several verifiers in order, for several issuers: the first that takes the token decides. A verifier that answers
 * `invalid_token` does not know the token; one that cannot answer is passed over, but where nobody takes the token it makes
 * the verdict `temporarily_unavailable`, since it might have. Any other refusal is final: the token was known.
 *
 * Does not choose by what the token says of itself. Throws a `TypeError` without at least one verifier.
 *
 * @example verifier: firstOf(jwtVerifier(staff), jwtVerifier(customers))
 */
export function firstOf(...verifiers: readonly Verifier[]): Verifier {
  if (verifiers.length === 0 || !verifiers.every((verifier) => typeof verifier === 'function')) {
    throw new TypeError(
      'firstOf(): give verifiers one by one, such as firstOf(jwtVerifier(a), jwtVerifier(b))',
    )
  }
  const first = async (ask: (verifier: Verifier) => Principal | Promise<Principal>): Promise<Principal> => {
    let unavailable: unknown
    const reasons: string[] = []
    for (const verifier of verifiers) {
      try {
        const principal = await ask(verifier)
        if (principal) return principal
      } catch (error) {
        if (isAuthError(error, 'invalid_token')) {
          if (error.details.message !== undefined) reasons.push(error.details.message)
          continue
        }
        if (isAuthError(error) && error.error !== 'temporarily_unavailable') throw error
        unavailable ??= error
      }
    }
    const message = ['no verifier took the token', ...new Set(reasons)].join('; ')
    throw unavailable ?? new AuthError('invalid_token', { message })
  }
  const verify: Verifier = (token, context) => first((verifier) => verifier(token, context))
  if (!verifiers.some(({ revalidate }) => revalidate)) return verify
  return Object.assign(verify, {
    revalidate: (token: string, principal: Principal, context: Parameters<Verifier>[1]) =>
      first((verifier) =>
        (verifier.revalidate ?? (() => verifier(token, context)))(token, principal, context),
      ),
  })
}
