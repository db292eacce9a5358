import type { Action } from '@wsauth/protocol'
import type { Destination } from './destination.ts'

/** How a credential travels. Made by `firstMessage()`, `header()`, `ticket()`, `query()`, `subprotocol()` or `cookie()`. */
export interface Method {
  /** The text that presents the token on the open socket; absent where the handshake does. */
  readonly present?: (token: string, version: 0 | 1) => string
  /** Whether the server answers. Default: in version 1. */
  readonly answered?: boolean
  /** Set where the method speaks no other version. */
  readonly version?: 0
  /** Throws where the method cannot work with these options, or on this platform. */
  check(options: {
    readonly token?: unknown
    readonly WebSocket?: unknown
    readonly allowInsecure?: boolean
  }): void
  /** Puts the token, or what it is traded for, into the opening handshake; anew for every attempt. */
  dial?(
    destination: Destination,
    token: string,
    version: 0 | 1,
    signal: AbortSignal,
  ): Destination | Promise<Destination>
}

/**
 * What an error of this package, of whichever copy of it, says of what comes next. Under no other name: whatever an application's
 * error has on it is its own.
 */
export interface Told {
  readonly wsauth?: { readonly action: Action; readonly retryAfterMs?: number } | null
}

/** The check of a method that has nothing to present without a token. */
export function needToken({ token }: { readonly token?: unknown }): void {
  if (!token || !/^(st|f)/.test(typeof token)) throw new TypeError('token: a string or a function')
}
