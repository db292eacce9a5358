import { type AuthErrorName, failures } from '@wsauth/protocol'
import { challengeOf } from './http-fields.ts'

/** An answer to an upgrade request that is refused. */
export interface HttpRefusal {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * How a refusal is told over HTTP (PROTOCOL 6.5). The body is a constant of the failure table, so that two causes of one
 * error are the same bytes; nothing is stored; a Bearer challenge stands where RFC 6750 §3 asks for one, without an error
 * where no credential was presented.
 */
export function httpRefusal(
  error: AuthErrorName,
  hadCredential: boolean,
  retryAfterMs?: number,
): HttpRefusal {
  const { httpStatus = 400, reason } = failures[error]
  const challenge = challengeOf(error, hadCredential)
  return {
    status: httpStatus,
    body: reason,
    headers: {
      'Content-Type': 'text/plain',
      'Cache-Control': 'no-store',
      ...(challenge === undefined ? {} : { 'WWW-Authenticate': challenge }),
      ...(retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) }),
      // What this server speaks (RFC 6455 §4.4), in case that was the matter.
      ...(error === 'invalid_request' ? { 'Sec-WebSocket-Version': '13' } : {}),
    },
  }
}
