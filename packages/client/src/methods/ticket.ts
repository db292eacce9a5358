import { actionOfStatus } from '@wsauth/protocol'
import { hrefOf } from '#events'
import { type Method, needToken, type Told } from './method.ts'
import { intoQuery } from './query.ts'
import { requireSafe } from './require-safe.ts'
import { retryAfterMs } from './retry-after.ts'

/** Where tickets are had, and the application's own `fetch` options for it. */
export interface TicketOptions extends RequestInit {
  /** URL that answers a `POST` with `{"ticket":"…"}`, as that of the server's `ticketEndpoint()`; `https:`, as the token goes there. */
  readonly endpoint: string | URL
  /** Name of the ticket in the URL of the socket. Default: `ticket`. */
  readonly param?: string
}

/**
 * A one-time ticket, fetched with the token (or the session cookie) for every attempt and good for seconds: what ends in
 * a log is of no use to anybody. The endpoint is asked itself: a redirect is not followed (P7).
 *
 * @example new AuthClient(url, { token, method: ticket({ endpoint: 'https://app.example/ws-ticket' }) })
 */
export function ticket({ endpoint, param = 'ticket', ...init }: TicketOptions): Method {
  const into = intoQuery(param)
  return {
    check(options) {
      if (options.token) needToken(options)
      const url = absolute(endpoint)
      if (!/^https?:/.test(url)) throw new TypeError('ticket(): endpoint: https://host/path')
      requireSafe(url.replace('http', 'ws'), options.allowInsecure)
    },
    async dial(destination, token, version, signal) {
      const { url } = destination
      const headers = new Headers(init.headers)
      headers.set('Content-Type', 'application/json')
      if (token) headers.set('Authorization', `Bearer ${token}`)
      const body = JSON.stringify({ path: url.replace(/^\w+:\/\/[^/?]*|\?.*/g, '') })
      // Workers know no 'error' here.
      const request: RequestInit = { method: 'POST', body, ...init, headers, signal, redirect: 'manual' }
      const response = await fetch(absolute(endpoint), request)
      const { ok, status, headers: answer } = response
      if (!ok) {
        throw Object.assign(new Error(`Ticket endpoint: ${status}`), {
          // All that explain() shows of an error.
          name: `HTTP ${status}`,
          wsauth: {
            action: status < 400 ? 'retry' : actionOfStatus(status),
            retryAfterMs: retryAfterMs(answer.get('Retry-After'), answer.get('Date')),
          },
        } satisfies Told & { name: string })
      }
      const { ticket } = await response.json()
      if (!ticket || typeof ticket !== 'string')
        throw Object.assign(new Error('Ticket endpoint: no ticket'), { name: 'NoTicket' })
      return into(destination, ticket, version)
    },
  }
}

/** As `fetch` would read it, but for a `<base>` of the page. '' where nothing says what it is relative to. */
function absolute(endpoint: string | URL): string {
  try {
    return hrefOf(endpoint)
  } catch {
    return ''
  }
}
