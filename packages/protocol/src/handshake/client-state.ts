import type { Action } from '../wire/error-codes.ts'
import type { ServerMessage } from '../wire/messages.ts'

/** Why a token is wanted: the first for a connection, one ahead of the old one's end, or one in place of a refused one. */
export type TokenReason = 'connect' | 'refresh' | 'refused'

/** How a connection ended, and what that asks of the client. */
export interface Outcome {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
  readonly action: Action
  /** Name of the failure where the server told it. */
  readonly error: string | undefined
  /** At most an hour; 0 where no time was named. */
  readonly retryAfterMs: number
}

/** What is known of an end: all of it from a peer, so of any shape. */
export interface Ending {
  readonly action?: unknown
  readonly error?: unknown
  readonly retryAfterMs?: unknown
}

/** A connection as its client sees it. All times are absolute, on the monotonic clock, and `Infinity` where there is none. */
export interface ClientState {
  readonly name:
    | 'fetching-token'
    | 'connecting'
    | 'authenticating'
    | 'open'
    | 'refused'
    | 'closing'
    | 'closed'
  /** The deadline of this state: of an open connection, when it is over unless it is refreshed. */
  readonly byMs: number
  /**
   * What a text starts with that is not the application's: '' while any may be an answer, the channel after a version 1 `auth_ok`,
   * absent where there is no control.
   */
  readonly control?: string | undefined
  /** What is known of the end before it comes: from `auth_fail`, `going_away`, or because this side closes. */
  readonly known?: Ending | undefined
  /** When the next refresh begins, or the one under way has failed. */
  readonly renewAtMs?: number
  /** When the credential ends, where that is not `byMs`: nothing is sent from here on until it is refreshed. */
  readonly endsAtMs?: number
  /** Before that no refresh begins by itself or because the server demands it. */
  readonly restsUntilMs?: number
  /** How often the server speaks at the least, where it said so. */
  readonly heartbeatMs?: number | undefined
  /** Why a refresh is under way, if one is: after a refused one the provider is asked once more, not twice. */
  readonly renewing?: TokenReason | undefined
  /** How many `auth_ok` may come: one for each refresh that was presented, those included that were given up. */
  readonly owed?: number
  /** A token that was refused here with *stop*: it may be good for another connection, as that of another user. */
  readonly barred?: string | undefined
  /** Failed refreshes in a row. */
  readonly failures?: number
}

/** What comes with every input. */
export interface Moment {
  readonly nowMs: number
  /** When anything last came in. */
  readonly heardAtMs: number
  /** From 0 to 1, by chance: spreads refreshes. */
  readonly share: number
  /** The credential to present; '' for a method that has none of its own. */
  readonly token: string
}

/** What happens to a connection; what a socket tells is named as its events are, and comes as they are. */
export type ClientHappening =
  /** The token is there. */
  | { readonly type: 'token' }
  /** The token could not be had; `action` is `stop` where it never will. */
  | { readonly type: 'token-failed'; readonly event: Omit<SocketClosed, 'code'> }
  | { readonly type: 'open' }
  | { readonly type: 'message'; readonly event: { readonly data: unknown } }
  | { readonly type: 'close'; readonly event: SocketClosed }
  /** The application closes. */
  | { readonly type: 'leave'; readonly event: Leave }
  /** The moment of `byMs` has come, or the page woke up. */
  | { readonly type: 'due' }
  /** The application wants a newer token on the connection. */
  | { readonly type: 'refresh' }

export type ClientInput = ClientHappening & Moment

/** The end of a socket. `action`: of a refused upgrade, where the runtime shows its status. */
export interface SocketClosed extends Ending {
  /** Default: 1006. */
  readonly code?: number
  /** Older React Native names none. */
  readonly reason?: string | null | undefined
  readonly wasClean?: boolean | undefined
  readonly action?: Action | undefined
}

/** What the application closes with. */
export interface Leave {
  readonly code?: number | undefined
  readonly reason?: string | undefined
}

/** What is to be done, in the order written here; what is absent is not done. */
export interface ClientEffects {
  /** Control, for those who watch: a refresh that went through (`auth_ok`) or did not (`auth_fail`), `auth_required`, `going_away`. */
  readonly told?: ServerMessage
  readonly fetchToken?: TokenReason
  /** Open the socket and present this credential in the handshake, where the method does that. */
  readonly dial?: string
  /** A control message; nothing where the handshake has presented the token. */
  readonly send?: string | undefined
  /** The server's answer is waited for. */
  readonly authenticating?: true
  /** Authenticated, as far as the method can know: the server's `auth_ok`, or `{}` where there was none. */
  readonly opened?: ServerMessage
  /** A message for the application. */
  readonly message?: unknown
  /** Start the closing handshake that the application asked for. */
  readonly leave?: Leave
  /** It is over; the socket, if there is one, is closed and let go of. */
  readonly closed?: Outcome
}

/** What becomes of the connection, and what is to be done for that. */
export type ClientStep = readonly [state: ClientState, effects: ClientEffects]
