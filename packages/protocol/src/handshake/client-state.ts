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

/** A connection as its client sees it. All times are absolute, on the monotonic clock, and `Infinity` where there is none. */
export interface ClientState {
  readonly name: 'fetching-token' | 'connecting' | 'authenticating' | 'open' | 'closing' | 'closed'
  /** The deadline of this state; in `open`, when the next refresh begins. */
  readonly byMs: number
  /** When the credential ends: nothing is sent from here on until it is refreshed. */
  readonly endsAtMs: number
  /** How often the server speaks at the least; `Infinity` where it did not say. */
  readonly heartbeatMs: number
  /** This connection's share, 0 to 1, of the span in which refreshes are spread. */
  readonly share: number
  /** Failed refreshes in a row. */
  readonly failures: number
  /** The credential, from `connecting` until it is on its way. */
  readonly token?: string
  /** Absent for version 0, which has no control; '' while bearer text, which is open at once, may still be answered. */
  readonly channel?: string | undefined
  /** A refresh is under way. */
  readonly renewing?: boolean
  /** The last refresh was refused: the provider is asked once more, not twice. */
  readonly refused?: boolean
  /** What is known of the end before it comes: from `auth_fail`, `going_away`, or because this side closes. */
  readonly known?: { readonly action?: unknown; readonly error?: unknown; readonly retryAfterMs?: unknown }
}

export type ClientInput =
  /** The credential to present; '' for a method that has none of its own. */
  | { readonly type: 'token'; readonly nowMs: number; readonly token: string }
  /** The token could not be had; `action` is `stop` where it never will. */
  | { readonly type: 'token-failed'; readonly nowMs: number; readonly action: Action; readonly error?: string; readonly retryAfterMs?: number }
  | { readonly type: 'opened'; readonly nowMs: number }
  /** `text` is absent for a binary message. */
  | { readonly type: 'message'; readonly nowMs: number; readonly text?: string | undefined }
  /** `action`, `retryAfterMs`: of a refused upgrade, where the runtime shows its status. */
  | {
      readonly type: 'closed'
      readonly nowMs: number
      readonly code: number
      readonly reason: string
      readonly wasClean: boolean
      readonly action?: Action | undefined
      readonly retryAfterMs?: number | undefined
    }
  /** The application closes. */
  | { readonly type: 'close'; readonly nowMs: number }
  /** The moment of `clientDueAt` has come, or the page woke up. `heardAtMs`: when anything last came in. */
  | { readonly type: 'due'; readonly nowMs: number; readonly heardAtMs: number }
  /** The application wants a newer token on the connection. */
  | { readonly type: 'refresh'; readonly nowMs: number }

export type ClientEffect =
  | { readonly type: 'fetch-token'; readonly reason: TokenReason }
  | { readonly type: 'dial'; readonly token: string }
  | { readonly type: 'send'; readonly text: string }
  /** Authenticated, as far as the method can know; `message` is the server's `auth_ok` where there was one. */
  | { readonly type: 'open'; readonly message?: ServerMessage }
  /** The message that came with this input is the application's. */
  | { readonly type: 'deliver' }
  /** Control, for those who watch: a refresh that went through (`auth_ok`) or did not (`auth_fail`), `auth_required`, `going_away`. */
  | { readonly type: 'told'; readonly message: ServerMessage }
  /** Start the closing handshake that the application asked for. */
  | { readonly type: 'close' }
  /** It is over; the socket, if there is one, is closed and let go of. */
  | { readonly type: 'closed'; readonly outcome: Outcome }

export interface ClientStep {
  readonly state: ClientState
  readonly effects: readonly ClientEffect[]
}
