import type { IncomingMessage, Server } from 'node:http'
import { mask, type Piece } from '../shared/mask.ts'
import type { Arrival } from '../shared/room-messages.ts'

/** The headers that a credential may travel in, and those that go with it. */
const telling = ['host', 'origin', 'authorization', 'cookie', 'sec-websocket-protocol']

/**
 * What each upgrade request brought and where, with the secrets masked: noted before `AuthWebSocketServer`, which takes
 * the credentials out, so that the page can show what a proxy or a log on the way would have seen.
 */
export function noteArrivals(server: Server): (request: IncomingMessage) => Arrival {
  const arrivals = new WeakMap<IncomingMessage, Arrival>()
  server.prependListener('upgrade', (request: IncomingMessage) => {
    arrivals.set(request, { target: mask(request.url ?? ''), headers: tellingHeaders(request) })
  })
  return (request) => arrivals.get(request) ?? { target: [], headers: [] }
}

function tellingHeaders({ headers }: IncomingMessage): (readonly [string, readonly Piece[]])[] {
  return telling.flatMap((name) => {
    const value = headers[name]
    return value === undefined ? [] : [[name, mask(String(value))] as const]
  })
}
