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
  /** The deadline of this state; in `open`, when the next refresh begins. `refused`: told so, the close is on its way. */
  readonly byMs: number
  /** When the credential ends: nothing is sent from here on until it is refreshed. */
  readonly endsAtMs: number
  /** This connection's share, 0 to 1, of the span in which refreshes are spread. */
  readonly share: number
  /** Absent for version 0, which has no control; '' while bearer text, which is open at once, may still be answered. */
  readonly channel?: string | undefined
  /** How often the server speaks at the least, where it said so. */
  readonly heartbeatMs?: number | undefined
  /** A refresh is under way. */
  readonly renewing?: boolean
  /** The last refresh was refused: the provider is asked once more, not twice. */
  readonly refused?: boolean
  /** Failed refreshes in a row. */
  readonly failures?: number
  /** What is known of the end before it comes: from `auth_fail`, `going_away`, or because this side closes. */
  readonly known?: Ending | undefined
}

export type ClientInput =
  /** The credential to present; '' for a method that has none of its own. */
  | { readonly type: 'token'; readonly nowMs: number; readonly token: string }
  /** The token could not be had; `action` is `stop` where it never will. */
  | ({ readonly type: 'token-failed'; readonly nowMs: number } & Ending)
  /** The socket is open; `token` is the one that was dialled with. */
  | { readonly type: 'opened'; readonly nowMs: number; readonly token: string }
  /** `text` is absent for a binary message. */
  | { readonly type: 'message'; readonly nowMs: number; readonly text?: string | undefined }
  /** `action`: of a refused upgrade, where the runtime shows its status. */
  | {
      readonly type: 'closed'
      readonly nowMs: number
      readonly code: number
      readonly reason: string
      readonly wasClean: boolean
      readonly action?: Action | undefined
    }
  /** The application closes. */
  | { readonly type: 'close'; readonly nowMs: number }
  /** The moment of `clientDueAt` has come, or the page woke up. `heardAtMs`: when anything last came in. */
  | { readonly type: 'due'; readonly nowMs: number; readonly heardAtMs: number }
  /** The application wants a newer token on the connection. */
  | { readonly type: 'refresh'; readonly nowMs: number }

/** What is to be done, in the order written here; what is absent is not done. */
export interface ClientEffects {
  /** Control, for those who watch: a refresh that went through (`auth_ok`) or did not (`auth_fail`), `auth_required`, `going_away`. */
  readonly told?: ServerMessage
  readonly fetchToken?: TokenReason
  /** Open the socket and present this credential in the handshake, where the method does that. */
  readonly dial?: string
  /** A control message. */
  readonly send?: string
  /** Authenticated, as far as the method can know: the server's `auth_ok`, or `{}` where there was none. */
  readonly open?: ServerMessage
  /** The message that came with this input is the application's. */
  readonly deliver?: true
  /** Start the closing handshake that the application asked for. */
  readonly close?: true
  /** It is over; the socket, if there is one, is closed and let go of. */
  readonly closed?: Outcome
}

export interface ClientStep {
  readonly state: ClientState
  readonly effects: ClientEffects
}
