/** Offered by a client that speaks version 1 beside the application's own sub-protocols (PROTOCOL 4.3). */
export const versionSubprotocol = 'wsauth.v1'
/** What the sub-protocol that carries a token starts with; the rest is base64url without padding (PROTOCOL 4.5). */
export const bearerSubprotocolPrefix = 'wsauth.bearer.'

/** True where `value` can be offered as a sub-protocol as it is: a token of HTTP (RFC 9110 §5.6.2, RFC 6455 §4.1). */
export function isSubprotocol(value: string): boolean {
  return /^[!#$%&'*+.^`|~\w-]+$/.test(value)
}

/**
 * True for a sub-protocol that carries a token, or is meant to: in another case, quoted or behind something else it is no
 * credential, and a token all the same.
 */
export function isBearerSubprotocol(value: string): boolean {
  return /wsauth\.bearer\./i.test(value)
}

/**
 * True for a sub-protocol that is wsauth's own and that the application never sees: of a later version too, which a client
 * offers beside this one, and a server that selected it would say that it speaks it.
 */
export function isOwnSubprotocol(value: string): boolean {
  return /^wsauth\.v\d+$/.test(value) || isBearerSubprotocol(value)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The sub-protocol that carries `token`: the prefix and base64url of its UTF-8, no padding (RFC 4648 §5). */
export function bearerSubprotocol(token: string): string {
  // No `btoa`, no `TextEncoder`: React Native's Hermes has had neither.
  const bytes = unescape(encodeURIComponent(token))
  let encoded = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes.charCodeAt(i), bytes.charCodeAt(i + 1), bytes.charCodeAt(i + 2)]
    const triple = (a << 16) | (b << 8) | c // NaN past the end counts as 0
    const digits = Math.min(4, bytes.length - i + 1)
    for (let digit = 0; digit < digits; digit++) encoded += alphabet[(triple >> (18 - 6 * digit)) & 63]
  }
  return bearerSubprotocolPrefix + encoded
}

/** The token in a sub-protocol made by {@link bearerSubprotocol}, or `undefined` where it is not one. */
export function tokenOfSubprotocol(value: string): string | undefined {
  if (!value.startsWith(bearerSubprotocolPrefix)) return undefined
  const encoded = value.slice(bearerSubprotocolPrefix.length)
  let bits = 0
  let count = 0
  let bytes = ''
  for (const character of encoded) {
    const digit = alphabet.indexOf(character)
    if (digit < 0) return undefined
    bits = ((bits << 6) | digit) & 0xffff
    count += 6
    if (count >= 8) {
      count -= 8
      bytes += String.fromCharCode((bits >> count) & 0xff)
    }
  }
  // One spelling per token: left-over bits are zero, and no lone character stands at the end (RFC 4648 §3.5).
  if (encoded === '' || count >= 6 || (bits & ((1 << count) - 1)) !== 0) return undefined
  try {
    return decodeURIComponent(escape(bytes))
  } catch {
    return undefined
  }
}
