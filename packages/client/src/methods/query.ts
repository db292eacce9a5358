import type { Destination } from './destination.ts'
import { type Method, needToken } from './method.ts'
import { offer } from './offer.ts'

/** The credential under `param` in the query; every log on the way keeps it, so let it live for seconds (RFC 6750 §2.3). */
export function intoQuery(
  param: string,
): (destination: Destination, credential: string, version: 0 | 1) => Destination {
  return (destination, credential, version) => {
    const { url } = destination
    const pair = `${encodeURIComponent(param)}=${encodeURIComponent(credential)}`
    return offer({ ...destination, credential, url: url + (url.includes('?') ? '&' : '?') + pair }, version)
  }
}

/**
 * The token in the query of the URL. Prefer `ticket()`: a URL ends in logs, so the token must not live for more than a minute.
 *
 * @example new AuthClient(url, { token, method: query({ param: 'token' }) })
 */
export function query({ param = 'token' }: { readonly param?: string } = {}): Method {
  return { check: needToken, dial: intoQuery(param) }
}
