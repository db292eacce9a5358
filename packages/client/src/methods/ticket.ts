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
  return {
    credential: 'upgrade',
    check() {},
    async exchange(token, { url }, signal) {
      const headers = new Headers({ 'Content-Type': 'application/json' })
      if (token) headers.set('Authorization', `Bearer ${token}`)
      for (const [name, value] of new Headers(init.headers)) headers.set(name, value)
      const [, path = '/'] = /^\w+:\/\/[^/?]*([^?]*)/.exec(url) ?? []
      const body = JSON.stringify({ path })
      const response = await fetch(endpoint, { method: 'POST', body, ...init, headers, signal })
      const { status } = response
      if (!response.ok) throw new TicketRefused(status, Number(response.headers.get('Retry-After')) * 1_000)
      return (await response.json()).ticket
    },
    dial: intoQuery(param),
  }
}

/** What a status of the endpoint asks for: as of a refused upgrade (PROTOCOL 6.5). */
class TicketRefused extends Error {
  readonly action: 'stop' | 'refresh' | 'retry'
  readonly retryAfterMs: number

  constructor(status: number, retryAfterMs: number) {
    super(`The ticket endpoint answered ${status}`)
    this.action =
      status === 401 ? 'refresh' : status === 408 || status === 429 || status > 499 ? 'retry' : 'stop'
    this.retryAfterMs = retryAfterMs
  }
}
