import { closeReason } from './close-reason.ts'
import { type AuthErrorName, failures } from './error-codes.ts'
import type { AuthOkMessage, ServerControl, Version } from './messages.ts'

/** PROTOCOL 3.1: the first message of a client; version 0 has no `v`. */
export function serializeAuth(token: string, version: Version): string {
  return JSON.stringify({ type: 'auth', token, v: version || undefined })
}

/** PROTOCOL 5.3: a refresh in place is a first message of version 0 behind `control`, which control of the connection starts with. */
export function serializeRefresh(token: string, control: string | undefined): string {
  return control + serializeAuth(token, 0).slice(1)
}

/** PROTOCOL 3.6: the token as the older recipe sends it. */
export function serializeBearerText(token: string): string {
  return `Authorization: Bearer ${token}`
}

/** PROTOCOL 3.2: the first message of a server. */
export function serializeAuthOk(message: AuthOkMessage): string {
  const { type, userId, version, channel, sessionId } = message
  if (!version) return JSON.stringify({ type, userId })
  const expiresInMs = remaining(message.expiresInMs)
  const heartbeatMs = remaining(message.heartbeatMs)
  return JSON.stringify({ type, userId, v: version, channel, sessionId, expiresInMs, heartbeatMs })
}

/** PROTOCOL 3.3: the refusal before authentication. Version 0 has no more than the type. */
export function serializeAuthFail(error: AuthErrorName, version: Version, retryAfterMs?: number): string {
  const { action } = failures[error]
  return JSON.stringify(
    version
      ? { type: 'auth_fail', error, action, retryAfterMs: atLeast(retryAfterMs) }
      : { type: 'auth_fail' },
  )
}

/** What every control message of a connection starts with (PROTOCOL 5.1). */
export function controlPrefix(channel: string): string {
  return `{"wsauth":"${channel}",`
}

/** PROTOCOL 5: control from the server. `wsauth` comes first and `type` second, whatever the message. */
export function serializeControl(channel: string, message: ServerControl): string {
  const { type } = message
  const head = { wsauth: channel, type }
  switch (type) {
    case 'auth_ok':
      return JSON.stringify({
        ...head,
        userId: message.userId,
        expiresInMs: remaining(message.expiresInMs),
      })
    case 'auth_fail': {
      const { error, action, retryAfterMs } = message
      return JSON.stringify({ ...head, error, action, retryAfterMs: atLeast(retryAfterMs) })
    }
    case 'auth_required':
      return JSON.stringify({ ...head, deadlineMs: remaining(message.deadlineMs), reason: message.reason })
    case 'going_away':
      return JSON.stringify({ ...head, retryAfterMs: atLeast(message.retryAfterMs) })
    case 'ping':
      return JSON.stringify(head)
  }
}

/** PROTOCOL 7.1: a message that carries its own credential. */
export function serializeContinuous(token: string, data: string): string {
  return JSON.stringify({ type: 'message', token, data })
}

/** The close reason of a failure, with the time to stay away where there is one (PROTOCOL 6.2). */
export function failureReason(error: AuthErrorName, retryAfterMs?: number): string {
  return closeReason(failures[error].reason, atLeast(retryAfterMs))
}

/** PROTOCOL 1.4: a time that is left, in whole milliseconds and never too many; absent where there is no end. */
function remaining(ms = Infinity): number | undefined {
  return Number.isFinite(ms) ? Math.max(0, Math.floor(ms)) : undefined
}

/** PROTOCOL 1.4: a time to wait, in whole milliseconds and never too few. */
function atLeast(ms = Infinity): number | undefined {
  return Number.isFinite(ms) ? Math.max(0, Math.ceil(ms)) : undefined
}
