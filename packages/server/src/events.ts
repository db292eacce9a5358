import { type Channel, channel } from 'node:diagnostics_channel'
import type { AuthErrorName } from '@wsauth/protocol'
import type { MethodName } from './methods/method.ts'
import type { StoreHealthEvent } from './store-health.ts'

/** How somebody was authenticated; `anonymous` where nobody was and `auth.allowAnonymous` lets them in. */
export type AuthMethod = MethodName | 'anonymous'

/** Where a connection came from, as far as the peer says; control characters are escaped (SECURITY 29). */
export interface PeerFacts {
  /** After `auth.trustProxy`; '' where there is none, as for a Unix socket. */
  readonly address: string
  /** Without the query. */
  readonly path: string
  /** Absent where the client sent none. */
  readonly origin?: string
}

/** Who is connected. */
export interface SessionFacts {
  /** '' for an anonymous client. */
  readonly userId: string
  /** The log-in (claim `sid`), or a random name for this connection. */
  readonly sessionId: string
  readonly method: AuthMethod
}

/** Somebody was authenticated; the `connection` event follows. */
export interface AuthOkEvent extends SessionFacts, PeerFacts {
  readonly version: 0 | 1
  /** When the credential ends, in milliseconds since the epoch. */
  readonly expiresAt?: number
  /** From the upgrade request to here. */
  readonly tookMs: number
}

/** A connection was refused, or (with a `userId`) a refresh on a live one, which lives on. */
export interface AuthFailEvent extends PeerFacts, Partial<SessionFacts> {
  readonly error: AuthErrorName
  readonly retryAfterMs?: number
  /** Why, for the operator; never told to the peer. */
  readonly detail?: string
}

/** A live connection has a newer credential. A session that was looked at again is not told of. */
export interface AuthRefreshEvent extends SessionFacts {
  readonly expiresAt?: number
}

/** A live connection was closed because its credential ended, or a required one did not come (`timeout`). */
export interface AuthExpiredEvent extends SessionFacts {
  readonly error: 'token_expired' | 'timeout'
}

/** A live connection was closed because its session was revoked, disconnected, or not confirmed by the verifier. */
export interface AuthRevokedEvent extends SessionFacts {
  readonly error: AuthErrorName
}

/**
 * Code of the application threw or rejected; the connection it ran for was closed with 1011, no other. Of a store
 * (`revocations`, `connections` …): it was not told something, and no connection was closed for that. Of `handleUpgrade`:
 * it was called a second time for one request, and did nothing. Of `methods`: one of your own threw, and its request was
 * answered with 500.
 */
export interface HookErrorEvent {
  /** The event that it listened to, or the option that it was given as. */
  readonly hook: string
  readonly error: unknown
}

/** The server is set up in a way that defeats one of its limits. Told once. */
export interface AuthWarningEvent {
  /** `trust_proxy_unset`: every connection comes from one private address or a Unix socket: a proxy in front hides the clients. */
  readonly warning: 'trust_proxy_unset'
  /** '' for a Unix socket. */
  readonly address: string
  readonly message: string
}

/** What an observer can listen to. Nothing in an event is a secret; all but `hook_error` go to `wsauth:<name>` as well. */
export interface AuthEvents {
  auth_ok: AuthOkEvent
  auth_fail: AuthFailEvent
  auth_refresh: AuthRefreshEvent
  auth_expired: AuthExpiredEvent
  auth_revoked: AuthRevokedEvent
}

const channels: Readonly<Record<keyof AuthEvents, Channel>> = {
  auth_ok: channel('wsauth:auth_ok'),
  auth_fail: channel('wsauth:auth_fail'),
  auth_refresh: channel('wsauth:auth_refresh'),
  auth_expired: channel('wsauth:auth_expired'),
  auth_revoked: channel('wsauth:auth_revoked'),
}

const storeHealth: Channel = channel('wsauth:store_health')

export function publishStoreHealth(event: StoreHealthEvent): void {
  if (storeHealth.hasSubscribers) storeHealth.publish(event)
}

/** Tells the subscribers of `node:diagnostics_channel`; what one of them throws is Node's to report. */
export function publish<Name extends keyof AuthEvents>(name: Name, event: AuthEvents[Name]): void {
  const { [name]: one } = channels
  if (one.hasSubscribers) one.publish(event)
}

export function hasSubscribers(name: keyof AuthEvents): boolean {
  return channels[name].hasSubscribers
}

/** What moves the cursor, starts a line, turns the direction of what follows, or is half a character. */
const control = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/gu
/** Nearly all of it, and quick to see. */
const printable = /^[\x20-\x7e]*$/
const maxLength = 256

/**
 * Text from a peer as it may stand in a log line: control characters as `\\u000a`, those that turn the direction of text
 * included, no more than the first 256.
 */
export function escaped(text: string): string {
  const short = text.length > maxLength ? text.slice(0, maxLength) : text
  if (printable.test(short)) return short
  return short.replace(control, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
