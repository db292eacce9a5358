import { escaped, hasSubscribers, publish } from './events.ts'
import { MemoryTicketStore } from './stores/memory-tickets.ts'
import type { TicketStore } from './stores/ticket-store.ts'
import { type EndpointOptions, endpointOf, type RefusedAsk, type TicketEndpoint } from './tickets/endpoint.ts'
import type { Verifier } from './verifiers/verifier.ts'

/** What `ticketEndpoint()` takes. */
export interface TicketEndpointOptions extends Omit<EndpointOptions, 'store'> {
  /** The store that `ticket({ store })` redeems from. Default: in memory, shared with whoever has the verifier. */
  readonly store?: TicketStore
}

const stores: WeakMap<Verifier, TicketStore> = new WeakMap()

/** The tickets of a verifier in this process: those who share the verifier trust each other's users already. */
export function defaultTickets(verifier: Verifier): TicketStore {
  const known = stores.get(verifier)
  if (known) return known
  const store = new MemoryTicketStore()
  stores.set(verifier, store)
  return store
}

/**
 * The endpoint that hands out tickets: `POST` with a bearer token or the session cookie, and optionally `{"path":"/ws"}` as
 * JSON to bind the ticket to, gives `{"ticket":"…","expiresInMs":30000}`.
 *
 * Refuses, before a credential is looked at, an `Origin` that is not listed, and a request without one that brings a cookie
 * (403); other methods (405); a body that is not JSON, or none of JSON, `Authorization` and `X-Requested-With` (415): a
 * form of a foreign page can send none of them. Then as the failure table says: 400, 401, 403, 429 and 503, as
 * `{"error":"…","action":"…"}`. Nothing is cached. Construction mistakes throw a `TypeError`.
 *
 * Whom it refuses, and why, is told by `wsauth:auth_fail` of `node:diagnostics_channel`, since no server knows of it.
 *
 * Does not make sessions: whoever may connect may ask for a ticket, and for nothing else.
 *
 * @example
 * const endpoint = ticketEndpoint({ verifier, origins: ['https://app.example'] })
 * app.post('/ticket', (c) => endpoint(c.req.raw))
 */
export function ticketEndpoint(options: TicketEndpointOptions): TicketEndpoint {
  const { verifier, store } = Object(options) as TicketEndpointOptions
  const resolved = {
    ...options,
    store: store ?? (typeof verifier === 'function' ? defaultTickets(verifier) : undefined),
  } as EndpointOptions
  return endpointOf(resolved, tell)
}

function tell({ error, address, origin, detail }: RefusedAsk): void {
  if (!hasSubscribers('auth_fail')) return
  const page = origin === undefined ? {} : { origin: escaped(origin) }
  const why = `ticketEndpoint: ${escaped(detail ?? error)}`
  publish('auth_fail', { error, address: escaped(address), path: '', ...page, detail: why })
}
