import { createHash } from 'node:crypto'
import { AuthError, type Secret } from '@wsauth/protocol'
import { checkedPrincipal, type Principal } from '../principal.ts'
import type { TicketGrant, TicketStore } from '../stores/ticket-store.ts'
import type { UpgradeFacts } from '../upgrade-request.ts'
import { assertStillGood, unavailable, type VerifyOptions } from '../verifiers/verifier.ts'

/** 32 random bytes in base64url. */
const ticketShape = /^[\w-]{43}$/

/** What a store knows a ticket by: its hash, so that reading the store gives nothing to present (SECURITY 9). */
export function ticketKey(ticket: string): string {
  return createHash('sha256').update(ticket).digest('base64url')
}

/**
 * Redeems a ticket: takes it, then compares page and path and looks at the token behind it again. Whatever does not
 * match, the ticket is used up, and every refusal is the same `invalid_token`.
 */
export async function redeemTicket(
  options: Pick<VerifyOptions, 'revocations' | 'now'> & { readonly store: TicketStore },
  ticket: Secret,
  request: UpgradeFacts | undefined,
): Promise<Principal> {
  if (!ticketShape.test(ticket.reveal())) throw refused('not a ticket')
  const grant = await taken(options.store, ticketKey(ticket.reveal()))
  if (!grant) throw refused('the ticket was used, has ended, or is of another store')
  if (!isSamePage(grant, request)) throw refused('the ticket is for another Origin')
  if (grant.path !== undefined && grant.path !== request?.path)
    throw refused('the ticket is for another path')
  // A store may have kept the grant as JSON, so the principal is made whole again.
  const principal = checkedPrincipal(grant.principal)
  if (!principal) throw refused('the ticket store gave something else than was put there')
  await assertStillGood(principal, options)
  return principal
}

/** `invalid_token`; all of them look the same to a peer. */
function refused(message: string): AuthError {
  return new AuthError('invalid_token', { message })
}

/** React Native's `fetch` names no Origin where its WebSocket names the server's own: that is one and the same client. */
function isSamePage(grant: TicketGrant, request: UpgradeFacts | undefined): boolean {
  if (grant.origin === request?.origin) return true
  return grant.origin === undefined && request?.isOwnOrigin === true
}

async function taken(store: TicketStore, key: string): Promise<TicketGrant | undefined> {
  try {
    return await store.take(key)
  } catch (error) {
    throw unavailable('the ticket store threw', error)
  }
}
