import type { Principal } from '../principal.ts'

/** What a ticket stands for. Plain data: a store may keep it as JSON. */
export interface TicketGrant {
  /** Who asked for the ticket, with the end and the session of the token that was shown for it. */
  readonly principal: Principal
  /** The page that may redeem it; absent: only a client that sends no `Origin`. */
  readonly origin?: string
  /** The path that it may be redeemed at; absent: any. */
  readonly path?: string
}

/**
 * Where one-time tickets wait. `key` is a hash of the ticket: a store never sees what a client could present.
 */
export interface TicketStore {
  /**
   * Resolves once the grant can be taken, for `ttlSeconds` (which may have a fraction). Throws
   * `AuthError('slow_down')` while the grant's subject (`principal.userId`) has 20 tickets outstanding, and
   * `AuthError('temporarily_unavailable')` where it cannot keep it.
   */
  put(key: string, grant: TicketGrant, ttlSeconds: number): Promise<void>
  /** Hands the grant out and forgets it in one atomic step; a second caller, on any node, gets `undefined`. */
  take(key: string): Promise<TicketGrant | undefined>
}

/** Tickets that one subject may have outstanding. */
export const maxOutstandingTickets = 20
