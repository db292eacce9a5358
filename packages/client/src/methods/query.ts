import type { Destination } from './destination.ts'
import { type Method, needToken } from './method.ts'
import { offer } from './offer.ts'

/**
 * The credential under `param` in the query, in the place of what was there under that name; every log on the way keeps it, so
 * let it live for seconds (RFC 6750 §2.3).
 */
export function intoQuery(
  param: string,
): (destination: Destination, credential: string, version: 0 | 1) => Destination {
  const name = encodeURIComponent(param)
  return (destination, credential, version) => {
    const [, path, query] = /^([^?]*)\??(.*)/.exec(destination.url) as unknown as [string, string, string]
    const others = query.split('&').filter((pair) => pair && ![param, name].includes(pair.replace(/=.*/, '')))
    const pairs = [...others, `${name}=${encodeURIComponent(credential)}`]
    return offer({ ...destination, credential, url: `${path}?${pairs.join('&')}` }, version)
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
