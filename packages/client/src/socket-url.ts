const loopback = /^ws:\/\/(([\w-]+\.)*localhost|127(\.\d+){3}|\[::1])(:\d+)?(\/|\?|$)/

/**
 * The address as the standard has it: absolute, normalised, `http` read as `ws`; `undefined` for what is none, a fragment
 * included. Throws where a token would travel in the clear (P7).
 */
export function socketUrl(given: string | URL, allowInsecure: boolean | undefined): string | undefined {
  let url = `${given}`
  try {
    // React Native's URL appends a slash to what has none.
    if (globalThis.navigator?.product !== 'ReactNative') url = new URL(url, globalThis.location?.href).href
  } catch {
    return undefined
  }
  url = url.replace(/^http/, 'ws')
  if (!/^wss?:\/\/[^#]+$/.test(url)) return undefined
  if (!allowInsecure && url[2] !== 's' && !loopback.test(url)) {
    throw new TypeError('ws: shows the token to everybody on the way: use wss:, or allowInsecure: true')
  }
  return url
}
