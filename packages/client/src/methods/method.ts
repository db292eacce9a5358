import type { Destination } from './destination.ts'

/** How a credential travels. Made by `firstMessage()`, `header()`, `ticket()`, `query()`, `subprotocol()` or `cookie()`. */
export interface Method {
  /** Where: as the first message, as bearer text, or in the opening handshake. */
  readonly credential: 'message' | 'bearer-text' | 'upgrade'
  /** Set where the method speaks no other version. */
  readonly version?: 0
  /** Throws where the method cannot work with these options, or on this platform. */
  check(options: { readonly token?: unknown; readonly WebSocket?: unknown }): void
  /** Trades the token for what is presented, anew for every attempt. */
  exchange?(token: string, destination: Destination, signal: AbortSignal): Promise<string>
  /** Puts the credential into the opening handshake. */
  dial?(destination: Destination, credential: string, version: 0 | 1): Destination
}

/** The check of a method that has nothing to present without a token. */
export function needToken({ token }: { readonly token?: unknown }): void {
  if (!token) throw new TypeError('Give a token: a string or a function')
}
