import { AuthError, isAuthError, type Secret } from '@wsauth/protocol'
import { type Attempt, claimedSubject, type Limiter } from './limiters/limiter.ts'
import type { Method } from './methods/method.ts'
import type { Principal } from './principal.ts'
import { redeemTicket } from './tickets/redeem.ts'
import { unavailable, type VerifierContext, type VerifyOptions, verifyToken } from './verifiers/verifier.ts'

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
 * else. `live` is the principal of a session that is looked at again.
 */
export async function authenticate(
  options: AuthenticateOptions,
  { token, method }: Credential,
  context: Omit<VerifierContext, 'method'>,
  live?: Principal,
): Promise<Principal> {
  const { limiter, tokenBytes } = options
  if (Buffer.byteLength(token.reveal()) > tokenBytes) throw new AuthError('invalid_token')
  const attempt = attemptOf(token, context)
  await assertMayTry(limiter, attempt)
  try {
    const principal = await principalOf(options, { token, method }, context, live)
    if (limiter && attempt) await counted(limiter.succeeded(attempt))
    return principal
  } catch (error) {
    if (limiter && attempt && isAuthError(error, 'invalid_token')) await counted(limiter.failed(attempt))
    throw isAuthError(error) ? error : unavailable('a part of the server threw', error)
  }
}

async function principalOf(
  options: AuthenticateOptions,
  { token, method }: Credential,
  context: Omit<VerifierContext, 'method'>,
  live?: Principal,
): Promise<Principal> {
  const principal = method.tickets
    ? await redeemTicket({ ...options, store: method.tickets }, token, context.request)
    : await verifyToken(options, token, { ...context, method: method.name }, live)
  const error = method.check?.(principal, (options.now ?? Date.now)())
  if (error) throw new AuthError(error)
  return principal
}

function attemptOf(token: Secret, { request }: Omit<VerifierContext, 'method'>): Attempt | undefined {
  return request && { address: request.addressGroup, subject: () => claimedSubject(token.reveal()) }
}

async function assertMayTry(limiter: Limiter | undefined, attempt: Attempt | undefined): Promise<void> {
  if (!limiter || !attempt) return
  let retryAfterMs: number
  try {
    retryAfterMs = await limiter.waitMs(attempt)
  } catch (error) {
    throw isAuthError(error) ? error : unavailable('the limiter threw', error)
  }
  if (retryAfterMs > 0) throw new AuthError('slow_down', { retryAfterMs })
}

/** A verdict stands whether or not it could be counted. */
async function counted(counting: void | Promise<void>): Promise<void> {
  try {
    await counting
  } catch {
    // Counted nowhere: the limiter says so itself, at the next `waitMs`.
  }
}
