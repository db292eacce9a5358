import { AuthError, isAuthError, isAuthErrorName, type Secret } from '@wsauth/protocol'
import { type Awaitable, after, rescued } from './awaitable.ts'
import { claimedSubject, type Limiter, limited, subjectOfTicket } from './limiters/limiter.ts'
import type { Method } from './methods/method.ts'
import type { Principal } from './principal.ts'
import { defaultTickets } from './ticket-endpoint.ts'
import { redeemTicket } from './tickets/redeem.ts'
import {
  tooLong,
  unavailable,
  type VerifierContext,
  type VerifyOptions,
  verifyToken,
} from './verifiers/verifier.ts'

export interface AuthenticateOptions extends VerifyOptions {
  readonly limiter?: Limiter | undefined
}

/** A credential and the way it came. */
export interface Credential {
  readonly token: Secret
  readonly method: Method
}

/**
 * The one way from a credential to a principal, whichever method it came by (SECURITY 8). Throws `AuthError` and nothing
 * else, or rejects with it where somebody has to be waited for. `live` is the principal of a session that is looked at again.
 */
export function authenticate(
  options: AuthenticateOptions,
  { token, method }: Credential,
  context: Omit<VerifierContext, 'method'>,
  live?: Principal,
): Awaitable<Principal> {
  if (Buffer.byteLength(token.reveal()) > options.tokenBytes) throw tooLong()
  const { request } = context
  let verified: Principal | undefined
  const isTicket = method.tickets !== undefined
  const attempt = request && {
    address: request.addressGroup,
    subject: () => {
      if (isTicket && verified) return subjectOfTicket(verified)
      const claimed = claimedSubject(token.reveal(), verified?.claims)
      // A browser sends a stale cookie unasked: whose it was does not pay for it with the credential that follows.
      return method.ambient && claimed !== undefined ? `cookie ${claimed}` : claimed
    },
  }
  const verify = (): Awaitable<Principal> =>
    after(principalOf(options, { token, method }, context, live), (principal) => {
      verified = principal
      return principal
    })
  return rescued(
    () => limited(options.limiter, attempt, verify, { isTicket }),
    (error) => {
      if (isAuthError(error) && isAuthErrorName(error.error)) throw error
      throw unavailable('a part of the server threw', error)
    },
  )
}

function principalOf(
  options: AuthenticateOptions,
  { token, method }: Credential,
  context: Omit<VerifierContext, 'method'>,
  live?: Principal,
): Awaitable<Principal> {
  const store = method.tickets === 'default' ? defaultTickets(options.verifier) : method.tickets
  const answer = store
    ? redeemTicket({ ...options, store }, token, context.request)
    : verifyToken(options, token, () => withMethod(context, method), live)
  if (!method.check) return answer
  return after(answer, (principal) => {
    const error = method.check?.(principal, (options.now ?? Date.now)())
    if (error) throw new AuthError(error, method.unmet === undefined ? {} : { message: method.unmet })
    return principal
  })
}

/** Not a spread: what is made only when it is looked at stays so. */
function withMethod(context: Omit<VerifierContext, 'method'>, { name }: Method): VerifierContext {
  const { request, reason } = context
  return {
    method: name,
    ...(request && { request }),
    reason,
    get signal() {
      return context.signal
    },
  }
}
