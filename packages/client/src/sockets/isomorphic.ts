import { actionOfStatus } from '@wsauth/protocol'
import WebSocket from 'isomorphic-ws'
import { retryAfterMs } from '../methods/retry-after.ts'
import type { OpenSocket, SocketClass, SocketLike } from '../socket.ts'

/** Messages of a server may be this long unless `maxPayload` says otherwise; `ws` alone would take 100 MiB. */
const maxPayload = 1_048_576
/** The name that `ws` has for one that is longer. */
const tooBig = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'

/** The part of `ws` that is not a WebSocket of the standard. */
interface NodeSocket extends SocketLike {
  on?(event: 'error', listener: (error: unknown) => void): void
  on?(
    event: 'unexpected-response',
    listener: (request: { destroy(): void }, response: NodeResponse) => void,
  ): void
  terminate?(): void
}

interface NodeResponse {
  readonly statusCode?: number
  readonly headers: { readonly 'retry-after'?: string; readonly date?: string }
}

/**
 * `ws`; or the global one where a bundler put in its place what `ws` has for browsers, which only throws: that of Workers,
 * bundled by Vite, reads the conditions of a package and not its field `browser`.
 */
const platform = (): SocketClass =>
  ('send' in Object(WebSocket?.prototype) ? WebSocket : globalThis.WebSocket) as unknown as SocketClass

/**
 * Sockets by `isomorphic-ws`: `ws` in Node, Bun and Deno, the global `WebSocket` elsewhere; or by the `WebSocket` option.
 *
 * With `ws`: no compression, no redirects (the token goes to the host it is meant for), messages of at most 1 MiB, and
 * the status of a refused upgrade is read.
 */
export const openSocket: OpenSocket = ({
  url,
  protocols,
  socketOptions,
  connectTimeoutMs,
  closeTimeoutMs,
  WebSocket: Class = platform(),
}) => {
  const options = {
    maxPayload,
    perMessageDeflate: false,
    handshakeTimeout: connectTimeoutMs,
    closeTimeout: closeTimeoutMs,
    ...socketOptions,
    followRedirects: false,
  }
  const socket = new Class(url, [...protocols], options as never) as NodeSocket
  // The close that follows says all there is to know, but for a message over `maxPayload`: `ws` tells its own 1009 as 1006,
  // and the next connection would get the same message.
  socket.on?.('error', (error) => {
    if (Object(error).code === tooBig) socket.onclose?.({ code: 1009, reason: 'Message too big' })
  })
  socket.on?.('unexpected-response', (request, { statusCode = 0, headers }) => {
    const ms = retryAfterMs(headers['retry-after'], headers.date)
    const after = ms ? `; retry-after-ms=${ms}` : ''
    socket.onclose?.({
      code: 1006,
      reason: `Unexpected server response: ${statusCode}${after}`,
      action: actionOfStatus(statusCode),
    })
    request.destroy()
    socket.terminate?.()
  })
  // PROTOCOL 5.2. A socket of the standard takes no such code; what Bun has for `ws` is one underneath.
  socket.fail = (code) => {
    try {
      if (code === 1002) socket.close(code, 'Protocol error')
    } catch {}
  }
  // The standard's default; that of `ws` is a Node Buffer. Bun before 1.4.4 throws at a Blob.
  if (socket.binaryType === 'nodebuffer') {
    socket.binaryType = 'arraybuffer'
    try {
      socket.binaryType = 'blob'
    } catch {}
  }
  return socket
}
