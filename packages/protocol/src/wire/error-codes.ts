/** What a client does after a failure: give up, present another token, or dial again with the same one. */
export type Action = 'stop' | 'refresh' | 'retry'

/** How one failure is told over HTTP, in the Close frame, and to the application. */
export interface Failure {
  /** Status of a refused upgrade (RFC 9110 §15); absent where the failure happens on a live connection only. */
  readonly httpStatus?: number
  /** Close code (RFC 6455 §7.4). */
  readonly closeCode: number
  /** Close reason; a constant, so that no two causes of one error can be told apart. */
  readonly reason: string
  readonly action: Action
}

/** Error names: RFC 6750 §3.1, RFC 6749 §4.1.2.1, RFC 8628 §3.5 where one fits, else our own. */
export type AuthErrorName =
  | 'timeout'
  | 'invalid_token'
  | 'invalid_request'
  | 'token_expired'
  | 'access_denied'
  | 'insufficient_scope'
  | 'session_revoked'
  | 'slow_down'
  | 'temporarily_unavailable'
  | 'policy_violation'
  | 'message_too_big'
  | 'service_restart'

/**
 * The one failure table (PROTOCOL 6). Server, client and documentation read it; nothing else decides a code.
 */
export const failures: Readonly<Record<AuthErrorName, Failure>> = {
  timeout: { httpStatus: 408, closeCode: 4001, reason: 'Authentication timeout', action: 'retry' },
  invalid_token: { httpStatus: 401, closeCode: 4001, reason: 'Authentication failed', action: 'refresh' },
  invalid_request: { httpStatus: 400, closeCode: 4001, reason: 'Invalid request', action: 'stop' },
  token_expired: { closeCode: 4002, reason: 'Token expired', action: 'refresh' },
  access_denied: { httpStatus: 403, closeCode: 4003, reason: 'Forbidden', action: 'stop' },
  insufficient_scope: { httpStatus: 403, closeCode: 4003, reason: 'Forbidden', action: 'stop' },
  session_revoked: { closeCode: 4004, reason: 'Session revoked', action: 'stop' },
  slow_down: { httpStatus: 429, closeCode: 4029, reason: 'Too many attempts', action: 'retry' },
  temporarily_unavailable: { httpStatus: 503, closeCode: 1013, reason: 'Try again later', action: 'retry' },
  policy_violation: { closeCode: 1008, reason: 'Policy violation', action: 'stop' },
  message_too_big: { closeCode: 1009, reason: 'Message too big', action: 'stop' },
  service_restart: { httpStatus: 503, closeCode: 1012, reason: 'Service restart', action: 'retry' },
}

/** True for a name of the table; a name from a peer is checked before it is used as a key. */
export function isAuthErrorName(name: unknown): name is AuthErrorName {
  return typeof name === 'string' && Object.hasOwn(failures, name)
}
