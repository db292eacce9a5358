import type { UpgradeRequest } from './upgrade-request.ts'

/**
 * Which pages may connect (RFC 6455 §10.2): their `Origin` (RFC 6454) stands in the list, character by character.
 *
 * Without a list every page may, since credentials other than cookies do not come by themselves. A request without an
 * `Origin` is no page; it may, unless it brings cookies to a server that takes one as the credential. Twice is refused.
 * Throws a `TypeError` for an entry that no browser would send, and for a cookie method without a list.
 */
export function originPolicy(
  origins: readonly string[] | undefined,
  hasCookie: boolean,
): (request: UpgradeRequest) => boolean {
  if (origins === undefined && hasCookie) {
    throw new TypeError(
      "auth.origins is missing: cookie() needs the list of pages that may connect, such as ['https://app.example']",
    )
  }
  const allowed = origins === undefined ? undefined : originSet(origins, hasCookie)
  return (request) => {
    const sent = request.headers('origin')
    const [origin] = sent
    if (sent.length > 1) return false
    if (origin === undefined) return !(hasCookie && request.headers('cookie').length > 0)
    return allowed === undefined || allowed.has(origin)
  }
}

/** The list as a set. Throws a `TypeError` that says what to write instead. */
export function originSet(origins: readonly string[], hasCookie: boolean): ReadonlySet<string> {
  if (!Array.isArray(origins)) throw new TypeError("origins: give a list, such as ['https://app.example']")
  for (const origin of origins) {
    const wanted = serializedOrigin(origin)
    if (wanted === undefined || origin !== wanted) {
      const hint = wanted === undefined ? 'https://app.example' : wanted
      throw new TypeError(`origins: ${JSON.stringify(origin)} is not what a browser sends; write '${hint}'`)
    }
    if (origin === 'null' && hasCookie) {
      throw new TypeError(
        "origins: 'null' is any sandboxed page, so it cannot stand beside a cookie; leave it out",
      )
    }
  }
  return new Set(origins)
}

/** An origin as a browser writes it, or `undefined` where `value` is none. */
function serializedOrigin(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.includes('*')) return undefined
  if (value === 'null') return value
  const [, scheme, host] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@\s\\]+)\/?$/i.exec(value) ?? []
  if (scheme === undefined || host === undefined) return undefined
  if (!/^https?$/i.test(scheme)) return `${scheme.toLowerCase()}://${host}`
  try {
    return new URL(value).origin
  } catch {
    return undefined
  }
}
