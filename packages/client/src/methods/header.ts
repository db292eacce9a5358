import { type Method, needToken } from './method.ts'
import { offer } from './offer.ts'

/**
 * `Authorization: Bearer …` in the opening handshake (RFC 6750 §2.1): for Node, Bun, Deno and React Native.
 *
 * Browsers and Workers cannot set headers on a WebSocket; there it throws, unless the `WebSocket` option brings a class that
 * can. Whether that class can is not checked: the standard's own, `globalThis.WebSocket`, leaves them out in silence.
 *
 * @example new AuthClient(url, { token, method: header() })
 */
export function header(): Method {
  return {
    check(options) {
      needToken(options)
      const { document, navigator, importScripts, WebSocketPair } = globalThis as Surroundings
      const isBrowser = document || importScripts || WebSocketPair
      if (isBrowser && navigator?.product !== 'ReactNative' && !options.WebSocket) {
        throw new TypeError(
          'header(): browsers and Workers send no headers of yours with a WebSocket. Use firstMessage(), ticket(), subprotocol() or cookie()',
        )
      }
    },
    dial(destination, token, version) {
      const socketOptions = destination.socketOptions as { readonly headers?: object } | undefined
      const headers = { ...socketOptions?.headers, Authorization: `Bearer ${token}` }
      return offer({ ...destination, socketOptions: { ...socketOptions, headers } }, version)
    },
  }
}

/** Tells a browser, page or worker, and Cloudflare's Workers from everything else. */
interface Surroundings {
  readonly document?: unknown
  readonly importScripts?: unknown
  readonly WebSocketPair?: unknown
  readonly navigator?: { readonly product?: string }
}
