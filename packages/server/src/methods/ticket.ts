import { assertParam, paramOf } from '../http-fields.ts'
import { assertOptions } from '../option-checks.ts'
import type { TicketStore } from '../stores/ticket-store.ts'
import type { Method } from './method.ts'

/** What `ticket()` takes. */
export interface TicketOptions {
  /** The store that the ticket endpoint puts its tickets into. Default: in memory, shared with whoever has the verifier. */
  readonly store?: TicketStore
  /** The parameter of the URL that carries the ticket. Default `ticket`. */
  readonly param?: string
}

const names: Readonly<Record<keyof TicketOptions, true>> = { store: true, param: true }

/**
 * The credential is a one-time ticket in the URL, which stands in for a token for some seconds: a URL that is written down
 * somewhere gives nothing away. Redeemed at most once, before the 101, by the page and at the path that it was made for; a
 * mismatch uses it up. Wrong, used, foreign and expired tickets are the same `invalid_token`; a store that cannot answer
 * is `temporarily_unavailable`. Does not ask the verifier again: the token was verified when the ticket was made, and the
 * connection ends with that token. Nobody keeps the token, so such a session is not looked at again (`auth.revalidateMs`)
 * until its client refreshes: give `introspection()` tokens that end soon, or `revoke` what ends early.
 *
 * Without `store` the tickets are those of `ticketEndpoint({ verifier })` in this process, where both were given the very
 * same verifier: tickets of one never open a server that has another.
 *
 * @example
 * app.post('/ticket', toNodeHandler(ticketEndpoint({ verifier, origins })))
 * new AuthWebSocketServer({ server, auth: { verifier, origins, methods: [ticket()] } })
 */
export function ticket(options: TicketOptions = {}): Method {
  assertOptions('ticket()', options, names)
  // A store by itself has no option on it, and its tickets would never be found.
  const { store = 'take' in options ? null : undefined, param = 'ticket' } = options
  if (store !== undefined && (typeof store?.take !== 'function' || typeof store.put !== 'function')) {
    throw new TypeError(
      'ticket(): `store` is no ticket store; make one, such as new MemoryTicketStore(), and give it to ticket({ store }) and ticketEndpoint({ store }) alike',
    )
  }
  assertParam('ticket()', param)
  return {
    name: 'ticket',
    param,
    tickets: store ?? 'default',
    find: (request, { tokenBytes }) => paramOf(request.query, param, tokenBytes),
    redact: (request) => request.removeParam(param),
  }
}
