import type { AuthErrorName } from './error-codes.ts'

/** What an `AuthError` may carry besides its name. None of it reaches the peer but `retryAfterMs`. */
export interface AuthErrorDetails {
  /** For the operator's log; never with a credential in it. Default: the error name. */
  readonly message?: string
  /** For how long the client is asked to stay away, in milliseconds. */
  readonly retryAfterMs?: number
  /** When the refused token ended, in milliseconds since the epoch. */
  readonly expiredAtMs?: number
  readonly cause?: unknown
}

/**
 * A refusal with its name. A verifier throws it to refuse a credential; the name alone decides the HTTP status, the
 * close code and what the client does next (PROTOCOL 6).
 *
 * @example throw new AuthError('access_denied')
 */
export class AuthError extends Error {
  override readonly name: string = 'AuthError'
  /** A name of the failure table. */
  readonly error: AuthErrorName
  readonly details: AuthErrorDetails

  constructor(error: AuthErrorName, details: AuthErrorDetails = {}) {
    super(details.message ?? error, 'cause' in details ? { cause: details.cause } : undefined)
    this.error = error
    this.details = details
  }
}

/** True for an `AuthError`, of this copy of the package or another; with `error`, for that one name only. */
export function isAuthError(value: unknown, error?: AuthErrorName): value is AuthError {
  return (
    value instanceof Error &&
    value.name === 'AuthError' &&
    'error' in value &&
    typeof value.error === 'string' &&
    (error === undefined || value.error === error)
  )
}
