const safe = /^(wss:|ws:\/\/(([\w-]+\.)*localhost|127(\.\d+){3}|\[::1])(:\d+)?[/?])/

/**
 * The address as the standard has it: absolute, normalised, `http` read as `ws`. Throws a `TypeError` for what is none, a
 * fragment included, and where a token would travel in the clear (P7).
 */
export function socketUrl(given: string | URL, allowInsecure: boolean | undefined): string {
  const url = new URL(given, globalThis.location?.href).href.replace(/^http/, 'ws')
  if (!/^wss?:[^#]+$/.test(url)) throw new TypeError(`Not wss://host/path: ${url.slice(0, 9)}`)
  if (!allowInsecure && !safe.test(url))
    throw new TypeError('ws: is in the clear: use wss:, or allowInsecure')
  return url
}
