/** The address as the standard has it: absolute, normalised, `http` read as `ws`. Throws for what is none, a fragment included. */
export function socketUrl(given: string | URL): string {
  const url = new URL(given, globalThis.location?.href).href.replace(/^http/, 'ws')
  if (!/^wss?:[^#]+$/.test(url)) throw new TypeError('URL: wss://host/path')
  return url
}
