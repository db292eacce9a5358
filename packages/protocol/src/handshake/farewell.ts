import { type AuthErrorName, failures } from '../wire/error-codes.ts'
import type { Version } from '../wire/messages.ts'
import { failureReason, serializeAuthFail } from '../wire/serialize-message.ts'
import type { ServerEffect } from './server-state.ts'

/** `auth_fail`, then the close: a client may see only one of them (PROTOCOL 6.1). */
export function farewell(
  error: AuthErrorName,
  version: Version,
  retryAfterMs?: number,
): readonly ServerEffect[] {
  const close: ServerEffect = {
    type: 'close',
    code: failures[error].closeCode,
    reason: failureReason(error, retryAfterMs),
    error,
  }
  if (error === 'policy_violation' || error === 'message_too_big') return [close]
  return [{ type: 'send', text: serializeAuthFail(error, version, retryAfterMs) }, close]
}
