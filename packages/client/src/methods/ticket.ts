import { actionOfStatus } from '@wsauth/protocol'
import type { Method } from './method.ts'
import { intoQuery } from './query.ts'

/** Where tickets are had, and the application's own `fetch` options for it. */
export interface TicketOptions extends RequestInit {
  /** URL that answers a `POST` with `{"ticket":"…"}`, as that of the server's `ticketEndpoint()`. */
  readonly endpoint: string | URL
  /** Name of the ticket in the URL of the socket. Default: `ticket`. */
  readonly param?: string
}

/**
 * A one-time ticket, fetched with the token (or the session cookie) for every attempt and good for seconds: what ends in
 * a log is of no use to anybody.
 *
 * @example new AuthClient(url, { token, method: ticket({ endpoint: 'https://app.example/ws-ticket' }) })
 */
export function ticket({ endpoint, param = 'ticket', ...init }: TicketOptions): Method {
  const into = intoQuery(param)
  return {
    check() {},
    async dial(destination, token, version, signal) {
      const { url } = destination
      const headers = new Headers(init.headers)
      headers.set('Content-Type', 'application/json')
      if (token) headers.set('Authorization', `Bearer ${token}`)
      const body = JSON.stringify({ path: url.replace(/^\w+:\/\/[^/?]*|\?.*/g, '') })
      const response = await fetch(endpoint, { method: 'POST', body, ...init, headers, signal })
      const { ok, status } = response
      if (ok) return into(destination, (await response.json()).ticket, version)
      const retryAfterMs = Number(response.headers.get('Retry-After')) * 1_000
      throw Object.assign(new Error(`Ticket endpoint: ${status}`), {
        // All that explain() shows of an error.
        name: `HTTP ${status}`,
        action: actionOfStatus(status),
        retryAfterMs,
      })
    },
  }
}
