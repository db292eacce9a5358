import { randomBytes } from 'node:crypto'
import { isAuthError } from '@wsauth/protocol'
import { checkedPrincipal, type Principal } from '../principal.ts'
import type { TicketGrant, TicketStore } from '../stores/ticket-store.ts'
import { assertStillGood, unavailable } from '../verifiers/verifier.ts'
import { ticketKey } from './redeem.ts'

/** What `issueTicket()` takes. */
export interface IssueTicketOptions {
  /** The store that `ticket({ store })` redeems from. */
  readonly store: TicketStore
  /** Whom the ticket is for, as a verifier gave it: its end and its session become those of the connection. */
  readonly principal: Principal
  /** The `Origin` of the page that will connect. Left out: a client that sends none. */
  readonly origin?: string | undefined
  /** The path that the ticket opens. Left out: any. */
  readonly path?: string | undefined
  /** 10,000 to 60,000. Default 30,000. */
  readonly ttlMs?: number
  /** Milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number
}

/** A ticket for its one use. */
export interface IssuedTicket {
  /** 43 base64url characters; a secret until it is redeemed. */
  readonly ticket: string
  /** How long it can be redeemed: `ttlMs`, or less where the credential behind it ends before. */
  readonly expiresInMs: number
}

/**
 * Makes a one-time ticket: 32 random bytes, of which the store gets a hash. It opens one connection, for that page and
 * path, and ends no later than the credential behind it.
 *
 * Throws a `TypeError` for a time outside 10 to 60 s, `AuthError` `slow_down` while the subject has 20 tickets outstanding,
 * `invalid_token` for a principal that has ended. Does not look at revocations: redeeming does.
 *
 * @example const { ticket } = await issueTicket({ store, principal: { userId: 'ada' }, origin: 'https://app.example' })
 */
export async function issueTicket(options: IssueTicketOptions): Promise<IssuedTicket> {
  const { store, origin, path, ttlMs = 30_000, now = Date.now } = options
  assertTicketTtl('issueTicket()', ttlMs)
  const principal = checkedPrincipal(options.principal)
  if (!principal)
    throw new TypeError('issueTicket(): `principal` is { userId: string of 1 to 256 characters, … }')
  await assertStillGood(principal, { now })
  const remainingMs = (principal.expiresAt ?? Number.POSITIVE_INFINITY) + (principal.leewayMs ?? 0) - now()
  const expiresInMs = Math.floor(Math.min(ttlMs, remainingMs))
  const ticket = randomBytes(32).toString('base64url')
  const grant: TicketGrant = {
    principal,
    ...(origin === undefined ? {} : { origin }),
    ...(path === undefined ? {} : { path }),
  }
  try {
    await store.put(ticketKey(ticket), grant, expiresInMs / 1000)
  } catch (error) {
    throw isAuthError(error) ? error : unavailable('the ticket store threw', error)
  }
  return { ticket, expiresInMs }
}

/** Throws a `TypeError` for a time that is too short to connect in, or long enough to be found in a log. */
export function assertTicketTtl(whose: string, ttlMs: unknown): void {
  if (typeof ttlMs === 'number' && ttlMs >= 10_000 && ttlMs <= 60_000) return
  throw new TypeError(`${whose}: \`ttlMs\` is 10_000 to 60_000 (10 to 60 seconds)`)
}
