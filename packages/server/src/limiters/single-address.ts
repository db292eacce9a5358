import ipaddr from 'ipaddr.js'

/** After so many connections from one private address it is a proxy, not a person. */
const enough = 100
const privateRanges: ReadonlySet<string> = new Set([
  'private',
  'loopback',
  'uniqueLocal',
  'linkLocal',
  'carrierGradeNat',
])

/**
 * Notices that all connections come from one private address, or from a Unix socket, which has none: there is a proxy in
 * front that nobody told us of (`trustProxy`), so that limits by address hold everybody responsible for everybody
 * (SECURITY 6).
 */
export class SingleAddress {
  #address: string | undefined = undefined
  #count = 0

  /** True once, for the connection that makes it certain. */
  sees(address: string): boolean {
    if (this.#count > enough) return false
    if (this.#count === 0 && (address === '' || isPrivate(address))) this.#address = address
    // One connection from elsewhere, and there is nothing to say any more.
    this.#count = address === this.#address ? this.#count + 1 : enough + 1
    return this.#count === enough
  }
}

function isPrivate(address: string): boolean {
  return ipaddr.isValid(address) && privateRanges.has(ipaddr.process(address).range())
}
