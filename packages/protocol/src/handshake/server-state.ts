import type { AuthErrorName } from '../wire/error-codes.ts'
import type { AuthRequiredReason, Version } from '../wire/messages.ts'
import type { Secret } from '../wire/secret.ts'

/**
 * Who was authenticated, as far as the machine needs to know. A session keeps the very object that it was given, so that a
 * driver may give one that it keeps anyway.
 */
export interface Subject {
  readonly userId: string
  /** Who vouches for the user (`iss`); a refresh must name the same. */
  readonly issuer?: string
  /** When the credential was made, in milliseconds since the epoch; compared with that of a refresh, nothing else. */
  readonly issuedAt?: number
  /** True where nobody was authenticated and the server allows that. */
  readonly anonymous?: boolean
}

/** Who was authenticated and for how long. */
export interface Grant {
  readonly subject: Subject
  readonly sessionId: string
  /** Milliseconds from now to the credential's end (`exp`); absent where there is no end. */
  readonly expiresInMs?: number | undefined
  /** Clock difference that is forgiven at the end (RFC 7519 §4.1.4). */
  readonly leewayMs?: number | undefined
}

/** What came of verifying a credential. */
export type Verdict =
  | { readonly ok: true; readonly grant: Grant }
  | {
      readonly ok: false
      readonly error: AuthErrorName
      readonly retryAfterMs?: number
      /** The credential is good; something else stands in its way, such as the number of the user's connections. */
      readonly isGood?: boolean
    }

/** What a request for an upgrade was found to carry, before anything is verified. */
export type Finding =
  | { readonly type: 'none' }
  | { readonly type: 'credential'; readonly token: Secret; readonly ambient: boolean }
  | {
      readonly type: 'refused'
      readonly error: AuthErrorName
      readonly retryAfterMs?: number
      readonly origin?: boolean
    }

/** The options that the machine decides by; resolved once and shared by all connections of a server. */
export interface ServerPolicy {
  /** From the upgrade request to `auth_ok`, verification included, in milliseconds. */
  readonly deadlineMs: number
  /** Whether a first message may carry the credential, and whether bearer text is taken as one. */
  readonly firstMessage: boolean
  readonly bearerText: boolean
  readonly reject: 'auto' | 'http' | 'close'
  readonly allowAnonymous: boolean
  /** Messages before authentication, the credential and what is held behind it included. */
  readonly preAuthMessages: number
  readonly heartbeatMs: number
  readonly refreshesPerMinute: number
  /** Between two looks at a live session through the verifier; `Infinity` where it offers none. */
  readonly revalidateMs: number
}

/** What a connection is until somebody is authenticated on it. */
export interface Opening {
  readonly version: Version
  readonly channel: string
  /** What the session is called if nobody is authenticated on it. */
  readonly sessionId: string
  /** Absolute, on the monotonic clock; nothing moves it (P2). */
  readonly deadlineAtMs: number
}

/**
 * A live connection. All times are absolute, on the monotonic clock.
 *
 * Each connection keeps one of these, so what few of them need at a time is absent from the others, and a time that never
 * comes is `undefined`, which V8 keeps in place, where an `Infinity` is an object of its own.
 */
export interface Session extends Pressure {
  readonly version: Version
  readonly channel: string
  /** When it began: silence before that was waiting for an answer. */
  readonly sinceMs: number
  readonly subject: Subject
  /** `exp` + leeway: nothing is delivered or sent from here on (P3); `Infinity` where there is no end. */
  readonly endsAtMs: number
  /** When `auth_required` announces the end. */
  readonly noticeAtMs: number | undefined
  readonly heartbeatAtMs: number
  /** When the session is looked at again; while a refresh is verified, it waits for what comes of that. */
  readonly revalidateAtMs: number | undefined
  /** Number of the last verification: a verdict on an older one is dropped. */
  readonly attempt: number
}

/** What may be going on in a session. */
interface Pressure {
  /** When a newer token is due, and why. */
  readonly requiredByMs?: number | undefined
  readonly requiredReason?: AuthRequiredReason | undefined
  readonly drainAtMs?: number | undefined
  readonly drainRetryAfterMs?: number | undefined
  /** A look at the session is under way: a verdict on `attempt` is its. */
  readonly looking?: boolean | undefined
  /** When a refresh that is being verified is given up. */
  readonly refreshByMs?: number | undefined
  /** When the refreshes of the last minute came. */
  readonly refreshesAtMs?: readonly number[] | undefined
  /**
   * Let in by a cookie, which comes by itself, the client may still present a token of its own first: that one may come, or
   * the version of the one that is being verified. Absent where everything is the application's.
   */
  readonly greeting?: 'possible' | Version | undefined
}

export type ServerState =
  | (Opening & { readonly name: 'upgrading'; readonly ambient: boolean })
  | (Opening & { readonly name: 'awaiting-credential'; readonly messages: number })
  | (Opening & { readonly name: 'verifying'; readonly messages: number })
  | (Session & { readonly name: 'authenticated' })
  | (Session & { readonly name: 'reauthenticating' })
  | { readonly name: 'closed' }

export type OpeningState = Extract<ServerState, Opening>
export type LiveState = Extract<ServerState, Session>

export type ServerInput =
  /** A message before `auth_ok`, or while there is a `greeting`; `text` is absent for a binary one. */
  | { readonly type: 'message'; readonly nowMs: number; readonly text: string | undefined }
  /** A text message after `auth_ok` that starts with this connection's control prefix. */
  | { readonly type: 'control'; readonly nowMs: number; readonly text: string }
  /** Of verification `attempt`: 1 is the first credential, later ones are refreshes or revalidations. */
  | { readonly type: 'verdict'; readonly nowMs: number; readonly attempt: number; readonly verdict: Verdict }
  /** The moment of {@link serverDueAt} has come. `sentAtMs`, `heardAtMs`: when a frame last went out, came in. */
  | { readonly type: 'due'; readonly nowMs: number; readonly sentAtMs: number; readonly heardAtMs: number }
  /** The session or its token was revoked; with a margin, a newer token in time saves the connection. */
  | { readonly type: 'revoke'; readonly nowMs: number; readonly marginMs: number }
  /** The application wants a newer token. */
  | {
      readonly type: 'require'
      readonly nowMs: number
      readonly reason: AuthRequiredReason
      readonly deadlineMs: number
    }
  /** The node drains: this connection is closed in `inMs` and told to come back after `retryAfterMs`. */
  | { readonly type: 'drain'; readonly nowMs: number; readonly inMs: number; readonly retryAfterMs: number }
  /** A limit was passed, or the server ends this connection. */
  | {
      readonly type: 'refuse'
      readonly nowMs: number
      readonly error: AuthErrorName
      readonly retryAfterMs?: number
    }
  /** The transport is gone. */
  | { readonly type: 'closed'; readonly nowMs: number }

export type ServerEffect =
  /** Answer the upgrade request with 101. */
  | { readonly type: 'accept' }
  /** Answer the upgrade request with the error's HTTP status, and end. */
  | { readonly type: 'reject'; readonly error: AuthErrorName; readonly retryAfterMs?: number }
  | { readonly type: 'send'; readonly text: string }
  | {
      readonly type: 'verify'
      readonly attempt: number
      readonly token: Secret
      readonly reason: 'connect' | 'refresh'
    }
  /** Verify the credential of the live session again. */
  | { readonly type: 'revalidate'; readonly attempt: number }
  /** Keep the message that came with this input until `release` or the end. */
  | { readonly type: 'hold' }
  /** Let the application see the connection. */
  | { readonly type: 'admit'; readonly grant: Grant }
  /** Deliver what was held, in order. */
  | { readonly type: 'release' }
  /** The session has this grant now. */
  | { readonly type: 'renew'; readonly grant: Grant; readonly refreshed: boolean }
  /** A refresh was refused; the connection lives on. */
  | { readonly type: 'refresh-refused'; readonly error: AuthErrorName }
  /** A WebSocket ping frame. */
  | { readonly type: 'ping' }
  /** From here on nothing is delivered; what was held is dropped. `error` is absent for a protocol error. */
  | { readonly type: 'close'; readonly code: number; readonly reason: string; readonly error?: AuthErrorName }
  /** The peer is gone without a word: drop the connection. */
  | { readonly type: 'terminate' }

export interface ServerStep {
  readonly state: ServerState
  readonly effects: readonly ServerEffect[]
}
