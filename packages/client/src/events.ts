import type { Action } from '@wsauth/protocol'

/** `connecting` includes the wait for the token, `waiting` is the time between two attempts. */
export type ClientStateName = 'idle' | 'connecting' | 'authenticating' | 'open' | 'waiting' | 'closed'

/** What a client tells. None of it holds a token. */
export interface ClientEvents {
  /** The state has changed. */
  state: (state: ClientStateName) => void
  /** Authenticated: from now on messages are sent and received. */
  open: (event: { readonly userId: string | undefined }) => void
  /** A message of the server: text as string, binary as `ArrayBuffer`. */
  message: (data: string | ArrayBuffer) => void
  /** The server accepted the token of a new connection. */
  auth_ok: (event: AuthOkEvent) => void
  /** The server refused a token, of a new connection or of a refresh. */
  auth_fail: (event: AuthFailEvent) => void
  /** The connection has a newer token. */
  refresh: (event: { readonly expiresInMs: number | undefined }) => void
  /** A connection ended, or could not be made. */
  close: (event: CloseEvent) => void
  /** The outbox was emptied unsent, because another user is signed in now or because the client stopped. */
  dropped: (event: { readonly count: number; readonly reason: 'user_changed' | 'stopped' }) => void
  /** The token provider threw, or what had waited could not be sent. */
  error: (error: unknown) => void
}

/** What the server said when it let the client in; a server of version 0 says no more than `userId`, if that. */
export interface AuthOkEvent {
  readonly userId: string | undefined
  readonly sessionId: string | undefined
  /** To the credential's end; absent where there is none, or where the server did not say. */
  readonly expiresInMs: number | undefined
}

/** A token was refused. What the client does is in the `close` that follows; a refused refresh has none. */
export interface AuthFailEvent {
  /** Name of the failure, as of `isAuthError`; absent where the server did not say. */
  readonly error: string | undefined
  readonly action: Action
  /** How long the server asks the client to stay away; 0 where it did not say. */
  readonly retryAfterMs: number
}

/** How a connection ended, and what comes next. Holds no token. */
export interface CloseEvent {
  /** Of the Close frame; 1006 where none came, or none could be made. */
  readonly code: number
  /** Of the Close frame, or what went wrong here, as in `Timeout: authenticating`. */
  readonly reason: string
  /**
   * What the client does now: everything considered, so a second refusal in a row is `stop`. With `reconnect: false` it does
   * nothing, and this is what another attempt takes.
   */
  readonly action: Action
  /** When it dials again; absent where it does not. */
  readonly retryInMs: number | undefined
}

/** A line of `client.explain()`. */
export interface Explanation {
  /** Milliseconds since the epoch. */
  readonly atMs: number
  /** As in `state: open`. */
  readonly what: string
  /** What to do about it, where it is a failure. */
  readonly remedy?: string | undefined
}
