import ipaddr from 'ipaddr.js'
import { listOf } from './http-fields.ts'
import type { TrustedProxies } from './upgrade-request.ts'

/** A peer as the system writes it, on a socket for IPv4 alone or for both; it needs no parser where nobody is trusted. */
const ipv4Peer = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** As nginx's `set_real_ip_from` calls the peer of a Unix socket. */
const unixSocket = 'unix:'

/**
 * The client's address when proxies stand in front (SECURITY 6): the socket's peer, unless it is in `list`; then the
 * right-most hop of `X-Forwarded-For`, or of `Forwarded` (RFC 7239), that is not. What a client writes there itself stands
 * further left, so it changes nothing. Where both headers come and disagree, one of them was not written by the proxy:
 * then the proxy itself counts as the client.
 *
 * `list` holds addresses and CIDR ranges, and `unix:` for the peer of a Unix socket, which has no address: without that
 * nobody behind it has one. A `TypeError` names an entry that is none of these.
 *
 * @example trustedProxies(['10.0.0.0/8', '::1'])
 */
export function trustedProxies(list: readonly string[] = []): TrustedProxies {
  if (!Array.isArray(list)) {
    throw new TypeError("auth.trustProxy: give a list of addresses or CIDR ranges, such as ['10.0.0.0/8']")
  }
  const isUnixTrusted = list.includes(unixSocket)
  const ranges = list.filter((entry) => entry !== unixSocket).map(rangeOf)
  const isTrusted = (address: Address) =>
    ranges.some(([range, bits]) => range.kind() === address.kind() && address.match([range, bits] as never))

  /** The right-most hop that is not trusted; stops where a hop is no address, since nobody vouches for the rest. */
  const walk = (peer: Address | undefined, hops: readonly string[]): Address | undefined => {
    let client = peer
    for (const hop of [...hops].reverse()) {
      if (client && !isTrusted(client)) return client
      const address = addressOf(hop)
      if (!address) return client
      client = address
    }
    return client
  }

  return {
    clientOf: (peerText, headers) => {
      const ipv4 = ranges.length === 0 && ipv4Peer.exec(peerText ?? '')?.[1]
      if (ipv4) return { address: ipv4, addressGroup: ipv4 }
      const peer = addressOf(peerText ?? '')
      if (peer ? !isTrusted(peer) : !isUnixTrusted) return named(peer)
      const forwardedFor = listOf(headers('x-forwarded-for'))
      const forwarded = listOf(headers('forwarded')).map(forOf)
      const client = walk(peer, forwardedFor.length > 0 ? forwardedFor : forwarded)
      const agrees = forwarded.length === 0 || walk(peer, forwarded)?.toString() === client?.toString()
      return named(agrees ? client : peer)
    },
  }
}

function named(address: Address | undefined): { address: string; addressGroup: string } {
  if (!address) return { address: '', addressGroup: '' }
  const text = address.toString()
  if (address.kind() === 'ipv4') return { address: text, addressGroup: text }
  // A household or a server gets a /64 at least, so anything smaller is one client with many addresses.
  const network = (address as ipaddr.IPv6).parts.slice(0, 4).map((part) => part.toString(16))
  return { address: text, addressGroup: `${network.join(':')}::/64` }
}

/** `for=` of one element of `Forwarded`; '' where it has none. */
function forOf(element: string): string {
  return /(?:^|;)\s*for\s*=\s*("[^"]*"|[^;"]*)/i.exec(element)?.[1]?.replaceAll('"', '').trim() ?? ''
}

/** An address as it stands in a header or on a socket: with a port, in brackets, or IPv4 inside IPv6. */
function addressOf(text: string): Address | undefined {
  const bare =
    /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/.exec(text)?.[1] ?? text
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return ipaddr.IPv4.parse(bare)
  return ipaddr.IPv6.isValid(bare) ? ipaddr.process(bare.replace(/%.*$/, '')) : undefined
}

function rangeOf(entry: string): [Address, number] {
  const [text = '', bits, ...rest] = typeof entry === 'string' ? entry.split('/') : []
  const address = addressOf(text)
  const longest = address?.kind() === 'ipv4' ? 32 : 128
  const length = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  if (!address || rest.length > 0 || !(length <= longest)) {
    throw new TypeError(
      `auth.trustProxy: ${JSON.stringify(entry)} is neither an address nor a CIDR range, such as '10.0.0.0/8'`,
    )
  }
  return [address, length]
}
