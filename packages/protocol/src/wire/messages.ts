import type { Action, AuthErrorName } from './error-codes.ts'
import type { Secret } from './secret.ts'

/** Versions of the wire: 0 is `auth`, `auth_ok` and `auth_fail` alone; 1 adds control after `auth_ok`. */
export type Version = 0 | 1

/** PROTOCOL 3.1: the client presents a credential, first or as a refresh. */
export interface AuthMessage {
  readonly type: 'auth'
  readonly token: Secret
  /** Highest version the client speaks; absent is 0. */
  readonly version: Version
}

/** PROTOCOL 3.2: authenticated. Version 0 carries the `userId` alone. */
export interface AuthOkMessage {
  readonly type: 'auth_ok'
  readonly userId?: string
  readonly version: Version
  /** 16 base64url characters, random per connection: control carries it, so application text cannot be mistaken. */
  readonly channel?: string
  readonly sessionId?: string
  /** Milliseconds to the credential's end, leeway not included; absent where there is no end. */
  readonly expiresInMs?: number
  readonly heartbeatMs?: number
}

/** PROTOCOL 3.3: refused. Version 0 carries nothing but the type. */
export interface AuthFailMessage {
  readonly type: 'auth_fail'
  readonly error?: AuthErrorName | (string & {})
  readonly action?: Action
  readonly retryAfterMs?: number
}

/** PROTOCOL 5.4: present a newer token within `deadlineMs`, or be closed. */
export interface AuthRequiredMessage {
  readonly type: 'auth_required'
  readonly deadlineMs: number
  readonly reason: AuthRequiredReason
}
export type AuthRequiredReason = 'expiring' | 'revoked' | 'step_up'

/** PROTOCOL 5.5: nothing else was sent for `heartbeatMs`. */
export interface PingMessage {
  readonly type: 'ping'
}

/** PROTOCOL 5.6: this node drains; come back after `retryAfterMs`. */
export interface GoingAwayMessage {
  readonly type: 'going_away'
  readonly retryAfterMs: number
}

/** What a server sends after `auth_ok`, under the connection's channel. */
export type ServerControl =
  | AuthOkMessage
  | AuthFailMessage
  | AuthRequiredMessage
  | PingMessage
  | GoingAwayMessage

/** PROTOCOL 7: a message of the application that carries its own credential. */
export interface ContinuousMessage {
  readonly type: 'message'
  readonly token: Secret
  readonly data: string
}

/** Anything a server says, as a client reads it: members of any shape, and a `type` that may be from a later version. */
export interface ServerMessage {
  readonly type?: unknown
  readonly v?: unknown
  readonly userId?: unknown
  readonly channel?: unknown
  readonly sessionId?: unknown
  readonly expiresInMs?: unknown
  readonly heartbeatMs?: unknown
  readonly error?: unknown
  readonly action?: unknown
  readonly retryAfterMs?: unknown
  readonly deadlineMs?: unknown
  readonly reason?: unknown
}
