import type { IncomingMessage } from 'node:http'
import type { AuthErrorName } from '@wsauth/protocol'
import { listOf, weightOf } from './http-fields.ts'

/** The part of an upgrade request that a verifier may see: where it came from and went to, no credential. */
export interface UpgradeFacts {
  /** As the client sent it; `undefined` where it sent none. */
  readonly origin: string | undefined
  /**
   * The `Origin` is made of the address that the request went to. A page of that host sends it; so does React Native, whose
   * WebSocket names one although no page is there. No reason to trust it.
   */
  readonly isOwnOrigin?: boolean
  /** Of the target, without the query; not decoded. */
  readonly path: string
  /** The client's address, after `trustProxy`; '' where there is none. */
  readonly address: string
  /** What the address counts as in limits: IPv6 by /64 (RFC 6177), IPv4 as it is. */
  readonly addressGroup: string
}

/** An HTTP upgrade request, the same on every runtime. Read once per request; nothing in it is decoded. */
export interface UpgradeRequest extends UpgradeFacts {
  /** As sent; starts with exactly one `/`. */
  readonly target: string
  /** Raw, without the `?`. */
  readonly query: string
  /** Every value of that header, in order, duplicates included; the name in lower case. */
  headers(name: string): readonly string[]
  /** What `Sec-WebSocket-Protocol` offers, in order. */
  readonly protocols: readonly string[]
}

/** Who of the hops in front of the server is believed about the hop before it. */
export interface TrustedProxies {
  /** The client's address: the peer's, unless that is trusted; then the right-most hop that is not. */
  clientOf(
    peer: string | undefined,
    headers: UpgradeRequest['headers'],
  ): { address: string; addressGroup: string }
}

/** Browsers send 1 KiB or two; Node reads 16 KiB, which as 600 small headers are 60 KiB of memory. */
const heaviestRequest = 20 * 1024

/** Twice in one request these have no meaning, and intermediaries disagree on which one counts (RFC 9110 §5.3). */
const singular = ['host', 'sec-websocket-version', 'sec-websocket-key']

/**
 * An upgrade request of Node's `http`, or the error that it is refused with. Never throws.
 *
 * Checks that the target starts with one `/`, the WebSocket version, that headers with one meaning come once, and that
 * all of it is not too heavy: a connection keeps it until somebody is authenticated. A body, HTTP/1.0 or no `Host` is refused.
 * A duplicate `Origin` is left to the Origin policy, which refuses it like every other foreign page, and a duplicate
 * `Authorization` to those who look for a credential, since a client may be told of that as of any other two.
 */
export function upgradeRequestOf(
  request: IncomingMessage,
  trust: TrustedProxies,
): UpgradeRequest | AuthErrorName {
  const target = request.url ?? ''
  if (!isTarget(target) || weightOf(request) > heaviestRequest) return 'invalid_request'
  const names = namesOf(request.rawHeaders)
  const headers = headersOf(request.rawHeaders, names)
  if (singular.some((name) => comesTwice(names, name))) return 'invalid_request'
  if (headers('sec-websocket-version')[0] !== '13') return 'invalid_request'
  if (!isUnambiguous(request, headers)) return 'invalid_request'
  const question = target.indexOf('?')
  const origins = headers('origin')
  const { address, addressGroup } = trust.clientOf(request.socket?.remoteAddress, headers)
  return {
    target,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    origin: origins.length === 1 ? origins[0] : undefined,
    isOwnOrigin: origins.length === 1 && isOwn(origins[0], headers('host')[0]),
    headers,
    protocols: listOf(headers('sec-websocket-protocol')),
    address,
    addressGroup,
  }
}

function comesTwice(names: readonly string[], name: string): boolean {
  return names.indexOf(name) !== names.lastIndexOf(name)
}

/**
 * Whether everybody on the way reads the request alike: HTTP/1.0 has no upgrade (RFC 9110 §7.8), each request names its host
 * (RFC 6455 §4.2.1), and what one takes for a body another takes for the first frames.
 */
function isUnambiguous({ httpVersion }: IncomingMessage, headers: UpgradeRequest['headers']): boolean {
  const hasBody = headers('transfer-encoding').length > 0 || headers('content-length').some((n) => n !== '0')
  return httpVersion !== '1.0' && headers('host').length === 1 && !hasBody
}

/** Behind a proxy the scheme is not known here. */
function isOwn(origin: string | undefined, host: string | undefined): boolean {
  return host !== undefined && (origin === `https://${host}` || origin === `http://${host}`)
}

/** One leading `/` and printable ASCII: what follows is nobody's host name, whoever parses it next. */
function isTarget(target: string): boolean {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(target) && !target.includes('#')
}

/** The names of the headers in lower case, in order. */
function namesOf(rawHeaders: readonly string[]): readonly string[] {
  const names: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) names.push((rawHeaders[i] ?? '').toLowerCase())
  return names
}

const none: readonly string[] = []

/** Looks names up where they stand: a request has a dozen, of which a few are asked for. */
function headersOf(rawHeaders: readonly string[], names: readonly string[]): UpgradeRequest['headers'] {
  return (name) => {
    let at = names.indexOf(name)
    if (at < 0) return none
    const values: string[] = []
    for (; at >= 0; at = names.indexOf(name, at + 1)) values.push(rawHeaders[2 * at + 1] ?? '')
    return values
  }
}
