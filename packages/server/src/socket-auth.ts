import type { Grant } from '@wsauth/protocol'
import type { AuthMethod } from './events.ts'
import type { Principal } from './principal.ts'

/** Who is at the other end, as the application sees it: `socket.auth`. Frozen; a refresh puts another in its place. */
export interface SocketAuth {
  /** '' for an anonymous client. */
  readonly userId: string
  /** The log-in (claim `sid`), or a random name for this connection. */
  readonly sessionId: string
  /** Frozen, without a prototype. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly method: AuthMethod
  /** When the credential ends, in milliseconds since the epoch; `undefined` where it does not. */
  readonly expiresAt: number | undefined
}

const noClaims: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null))

export function socketAuth(grant: Grant, principal: Principal | undefined, method: AuthMethod): SocketAuth {
  return Object.freeze({
    userId: grant.subject.userId,
    sessionId: grant.sessionId,
    claims: principal?.claims ?? noClaims,
    method,
    expiresAt: principal?.expiresAt,
  })
}
