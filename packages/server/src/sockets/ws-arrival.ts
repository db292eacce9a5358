import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Authenticator } from '../authenticator.ts'
import type { Arrival } from '../edge.ts'
import { redactRequest } from '../redact.ts'
import { upgradeRequestOf } from '../upgrade-request.ts'
import type { Hooks } from './ws-hooks.ts'

/**
 * Takes what is secret out of a request. Where a method of the application's own throws, nobody knows what that is: then
 * the request is answered here, and not even `ws` gets to see it.
 */
export function arrivalOf(
  request: IncomingMessage,
  raw: Duplex,
  authenticator: Authenticator,
  hooks: Hooks,
): Arrival | undefined {
  const { trust, methods } = authenticator.options
  try {
    const read = upgradeRequestOf(request, trust)
    const arrival = authenticator.arrivalOf(read, request.socket.remoteAddress ?? '')
    redactRequest(request, methods)
    return arrival
  } catch (error) {
    hooks.failed('methods', error)
    turnAway(raw)
    return undefined
  }
}

const text = 'Internal Server Error'
const answer: string = [
  `HTTP/1.1 500 ${text}`,
  'Connection: close',
  'Cache-Control: no-store',
  'Content-Type: text/plain',
  `Content-Length: ${text.length}`,
  '',
  text,
].join('\r\n')

/** Where the peer is gone, nobody has to hear of it. */
function turnAway(raw: Duplex): void {
  raw.on('error', () => {})
  raw.once('finish', () => raw.destroy())
  raw.end(answer)
}
