import { type AuthErrorName, Secret } from '@wsauth/protocol'
import { parseCookie } from 'cookie'

/** A credential as a field of HTTP carries it, an error where the field is malformed, `undefined` where it has none. */
export type FieldCredential = { readonly token: Secret } | { readonly error: AuthErrorName } | undefined

/** The items of a field that is a list (RFC 9110 §5.6.1). */
export function listOf(values: readonly string[]): string[] {
  if (values.length === 0) return []
  return values.flatMap((value) => value.split(',')).flatMap((item) => item.trim() || [])
}

/** An edit that takes items out of a header that is a list. */
export function withoutItems(unwanted: (item: string) => boolean): (value: string) => string | undefined {
  return (value) => {
    const items = listOf([value])
    const kept = items.filter((item) => !unwanted(item))
    return kept.length === items.length ? value : kept.length === 0 ? undefined : kept.join(', ')
  }
}

/**
 * The bearer token of `Authorization` (RFC 6750 §2.1): the scheme in any case, then exactly one token. Another scheme is
 * somebody else's credential, so nothing of ours.
 */
export function bearerOf(authorization: readonly string[]): FieldCredential {
  const [value, ...more] = authorization
  if (value === undefined) return undefined
  if (more.length > 0) return { error: 'invalid_request' }
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(value)?.[1]
  if (token !== undefined) return { token: new Secret(token) }
  return /^bearer(?:[ \t]|$)/i.test(value) ? { error: 'invalid_request' } : undefined
}

/**
 * The Bearer challenge of a refusal, where RFC 6750 §3 asks for one. §3.1 names three errors; a challenge has at least one
 * parameter, hence the realm.
 */
export function challengeOf(error: AuthErrorName, hadCredential: boolean): string | undefined {
  switch (error) {
    case 'invalid_token':
      return hadCredential ? `Bearer realm="websocket", error="${error}"` : 'Bearer realm="websocket"'
    case 'invalid_request':
    case 'insufficient_scope':
      return `Bearer realm="websocket", error="${error}"`
    default:
      return undefined
  }
}

/**
 * The value of one cookie, percent-decoded once. Refused where the name comes twice, since a sibling subdomain can add a
 * cookie of its own (RFC 6265 §8.6), and where it cannot be decoded. An empty one is a cookie that was cleared.
 */
export function cookieOf(cookie: readonly string[], name: string, maxBytes: number): FieldCredential {
  const mine = cookie.flatMap((value) => value.split(';')).filter((pair) => cookieName(pair) === name)
  const [pair] = mine
  if (pair === undefined) return undefined
  if (mine.length > 1) return { error: 'invalid_request' }
  const raw = parseCookie(pair, { decode: (value) => value })[name] ?? ''
  return raw === '' ? undefined : decodedOnce(raw, maxBytes)
}

/** A token of RFC 9110 §5.6.2, as RFC 6265 §4.1.1 wants the name. */
export function isCookieName(name: unknown): name is string {
  return typeof name === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)
}

/** The name in one pair of a `Cookie` field. */
export function cookieName(pair: string): string {
  return (pair.split('=', 1)[0] ?? '').trim()
}

/** Throws a `TypeError` for a name that could not stand in a query as it is. */
export function assertParam(whose: string, name: unknown): void {
  if (typeof name !== 'string' || !/^[\w.~-]+$/.test(name)) {
    throw new TypeError(
      `${whose}: \`param\` is the name of a query parameter, such as 'token': letters, digits and _ . ~ -`,
    )
  }
}

/** The value of one parameter of a raw query, percent-decoded once; refused where the name comes twice. */
export function paramOf(query: string, name: string, maxBytes: number): FieldCredential {
  const mine = query.split('&').filter((pair) => isParam(pair, name))
  const [pair] = mine
  if (pair === undefined) return undefined
  if (mine.length > 1) return { error: 'invalid_request' }
  const equals = pair.indexOf('=')
  return decodedOnce(equals < 0 ? '' : pair.slice(equals + 1), maxBytes)
}

/**
 * Whether one pair of a query has that name, however the name is encoded. Such a name is ASCII (`assertParam`), so nothing is
 * decoded that could fail: an error for each of the 7,500 malformed names that fit a request would take a tenth of a second.
 */
export function isParam(pair: string, name: string): boolean {
  const equals = pair.indexOf('=')
  const length = equals < 0 ? pair.length : equals
  if (length < name.length || length > 3 * name.length) return false
  const raw = pair.slice(0, length)
  return raw === name || raw.replace(/%[0-9a-f]{2}/gi, asciiOf) === name
}

function asciiOf(encoded: string): string {
  return String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
}

/** `+` stays as it is: no bearer token holds a space, and many hold a `+` that nobody encoded (RFC 6750 §2.1). */
function decodedOnce(raw: string, maxBytes: number): FieldCredential {
  if (raw.length > maxBytes) return { error: 'invalid_token' }
  const token = percentDecoded(raw)
  return token === undefined ? { error: 'invalid_request' } : { token: new Secret(token) }
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Memory of one string beside its characters, about. */
const perString = 32

/**
 * What a request weighs while it is kept, in bytes, about. Many small headers weigh more than one large; the path is kept
 * once more, for the connection.
 */
export function weightOf({
  url = '',
  rawHeaders,
}: {
  readonly url?: string | undefined
  readonly rawHeaders: readonly string[]
}): number {
  const question = url.indexOf('?')
  let weight = url.length + (question < 0 ? url.length : question) + perString * rawHeaders.length
  for (const text of rawHeaders) weight += text.length
  return weight
}
