import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TicketEndpoint } from './endpoint.ts'

/**
 * The endpoint as a handler of Node's `http`, and so of Express, Connect or Fastify's `reply.raw`. Takes a body that a
 * framework has parsed already (`request.body`). The address is the socket's: behind a proxy call the endpoint yourself,
 * with the address that your framework found.
 *
 * @example createServer(toNodeHandler(ticketEndpoint({ verifier, store, origins }))).listen(8080)
 */
export function toNodeHandler(
  endpoint: TicketEndpoint,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const address = request.socket?.remoteAddress
    const aborted = new AbortController()
    response.once('close', () => aborted.abort())
    const answer = await endpoint(
      webRequest(request, aborted.signal),
      address === undefined ? {} : { address },
    )
    const body = await answer.text()
    if (response.destroyed || response.headersSent) return
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body)
  }
}

function webRequest(request: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', rawHeaders, headers: fields } = request
  const headers = new Headers()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2)
    // Cookies of several fields are one list; any other field twice is joined by a comma (RFC 9110 §5.3).
    if (/^cookie$/i.test(name)) headers.set(name, [headers.get(name) ?? [], value].flat().join('; '))
    else headers.append(name, value)
  }
  // A body of no bytes is none: the stream for it would cost more than all else here (RFC 9112 §6.3).
  const isEmpty = fields['transfer-encoding'] === undefined && Number(fields['content-length'] ?? 0) === 0
  const hasBody = method !== 'GET' && method !== 'HEAD' && !isEmpty
  // The endpoint does not look at the URL, and what a peer wrote there, or in `Host`, may not be one.
  return new Request('http://endpoint.invalid/', {
    method: /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH)$/.test(method) ? method : 'PATCH',
    headers,
    signal,
    ...(hasBody ? { body: bodyOf(request), duplex: 'half' } : {}),
  } as RequestInit)
}

function bodyOf(
  request: IncomingMessage & { body?: unknown },
): ReadableStream<Uint8Array> | string | Uint8Array {
  if (request.readableEnded) {
    const { body } = request
    if (typeof body === 'string' || body instanceof Uint8Array) return body
    return body === undefined ? '' : JSON.stringify(body)
  }
  const chunks = request[Symbol.asyncIterator]()
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: () => {
      request.resume()
    },
  })
}
