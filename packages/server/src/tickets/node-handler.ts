import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TicketEndpoint } from './endpoint.ts'

/** `body` is what a framework has made of it, where one has. */
type NodeRequest = IncomingMessage & { readonly body?: unknown }

/**
 * The endpoint as a handler of Node's `http`, and so of Express, Connect, Koa or Fastify. Takes a body that a framework has
 * parsed already (`request.body`, as Express has it). Fastify and Koa's body parsers keep it elsewhere, so it is handed on;
 * one that was read and is nowhere is answered with 500, since the ticket would not be bound to the path in it. The address
 * is the socket's: behind a proxy call the endpoint yourself, with the address that your framework found.
 *
 * @example createServer(toNodeHandler(ticketEndpoint({ verifier, store, origins }))).listen(8080)
 * @example
 * const handler = toNodeHandler(ticketEndpoint({ verifier, store, origins }))
 * fastify.post('/ticket', (request, reply) => {
 *   reply.hijack()
 *   return handler(Object.assign(request.raw, { body: request.body }), reply.raw)
 * })
 */
export function toNodeHandler(
  endpoint: TicketEndpoint,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let isTold = false
  return async (request, response) => {
    if (isLost(request)) {
      if (!isTold) process.emitWarning(lost, 'WsauthWarning')
      isTold = true
      response.writeHead(500, { 'cache-control': 'no-store' }).end()
      return
    }
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

const lost =
  'toNodeHandler: something has read the body and keeps it elsewhere; hand it on: handler(Object.assign(request.raw, { body: request.body }), reply.raw)'

/** A body that came, and is neither to be read nor at hand. */
function isLost(request: NodeRequest): boolean {
  return hasBody(request) && request.readableEnded && request.body === undefined
}

/** A body of no bytes is none: the stream for it would cost more than all else here (RFC 9112 §6.3). */
function hasBody({ method, headers }: IncomingMessage): boolean {
  if (method === undefined || method === 'GET' || method === 'HEAD') return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0
}

function webRequest(request: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', rawHeaders } = request
  const headers = new Headers()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2)
    // Cookies of several fields are one list; any other field twice is joined by a comma (RFC 9110 §5.3).
    if (/^cookie$/i.test(name)) headers.set(name, [headers.get(name) ?? [], value].flat().join('; '))
    else headers.append(name, value)
  }
  // The endpoint does not look at the URL, and what a peer wrote there, or in `Host`, may not be one.
  return new Request('http://endpoint.invalid/', {
    method: /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH)$/.test(method) ? method : 'PATCH',
    headers,
    signal,
    ...(hasBody(request) ? { body: bodyOf(request), duplex: 'half' } : {}),
  } as RequestInit)
}

function bodyOf(request: NodeRequest): ReadableStream<Uint8Array> | string | Uint8Array {
  if (request.readableEnded) {
    const { body } = request
    if (typeof body === 'string' || body instanceof Uint8Array) return body
    return JSON.stringify(body)
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
