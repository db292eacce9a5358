import { type Method, needToken } from './method.ts'
import { offer } from './offer.ts'

/**
 * `Authorization: Bearer …` in the opening handshake (RFC 6750 §2.1): for Node and React Native.
 *
 * Browsers cannot set headers on a WebSocket; there it throws, unless the `WebSocket` option brings a class that can.
 *
 * @example new AuthClient(url, { token, method: header() })
 */
export function header(): Method {
  return {
    check(options) {
      needToken(options)
      const { document, navigator, importScripts } = globalThis as Surroundings
      if ((document || importScripts) && navigator?.product !== 'ReactNative' && !options.WebSocket) {
        throw new TypeError(
          'header(): browsers send no headers of yours with a WebSocket. Use firstMessage(), ticket(), subprotocol() or cookie()',
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

/** Tells a browser, page or worker, from everything else. */
interface Surroundings {
  readonly document?: unknown
  readonly importScripts?: unknown
  readonly navigator?: { readonly product?: string }
}
