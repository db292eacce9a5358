import { hrefOf } from '#events'

/** The address as the standard has it: absolute, normalised, `http` read as `ws`. Throws for what is none, a fragment included. */
export function socketUrl(given: string | URL): string {
  const url = hrefOf(given).replace(/^http/, 'ws')
  if (!/^wss?:[^#]+$/.test(url)) throw new TypeError('URL: wss://host/path')
  return url
}
