/** The address as the standard has it: absolute, normalised, `http` read as `ws`. Throws for what is none, a fragment included. */
export function socketUrl(given: string | URL): string {
  const url = new URL(given, globalThis.location?.href).href.replace(/^http/, 'ws')
  if (!/^wss?:[^#]+$/.test(url)) throw new TypeError('URL: wss://host/path')
  return url
}

/** P7: a token does not travel in the clear, but for loopback. */
export function requireSafe(url: string, allowInsecure: boolean | undefined): void {
  const isSafe = /^(wss:|ws:\/\/(([\w-]+\.)*localhost|127(\.\d+){3}|\[::1])(:\d+)?[/?])/.test(url)
  if (!allowInsecure && !isSafe) throw new TypeError('Use wss:, or allowInsecure')
}
