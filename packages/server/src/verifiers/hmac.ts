import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { JWSHeaderParameters } from 'jose'
import type { Algorithm } from './algorithms.ts'
import { refused } from './claims.ts'

const hashes: Readonly<Partial<Record<string, string>>> = {
  HS256: 'sha256',
  HS384: 'sha384',
  HS512: 'sha512',
}

/** What a header may say, as {@link headerRule} has it; throws. */
type AcceptsHeader = (header: JWSHeaderParameters | undefined) => void

/**
 * Compact JWS of one secret (RFC 7515 §5.2, RFC 7518 §3.2), checked by Node's HMAC in the same turn. Web Crypto, and so jose,
 * takes each of them through the thread pool, which costs a handshake many times what the hash does.
 *
 * Checks as jose does, in its order: the header is a JSON object whose `alg` is on the list, what else it says is accepted,
 * the signature fits. Takes text that has the form of a compact JWS only. Everything that does not fit is `invalid_token`.
 */
export class HmacSignatures {
  readonly #secret: KeyObject
  readonly #algorithms: readonly string[]
  readonly #acceptsHeader: AcceptsHeader
  /** An issuer writes one header over and over: the last that was good, and its hash. */
  #header: string | undefined
  #hash = ''

  constructor(secret: Uint8Array, algorithms: readonly Algorithm[], acceptsHeader: AcceptsHeader) {
    this.#secret = createSecretKey(secret)
    this.#algorithms = algorithms
    this.#acceptsHeader = acceptsHeader
  }

  /** The payload of a token that the secret has signed. */
  payloadOf(token: string): Uint8Array {
    const dot = token.indexOf('.')
    const lastDot = token.lastIndexOf('.')
    const payload = token.slice(dot + 1, lastDot)
    const hash = this.#hashFor(token.slice(0, dot))
    const expected = createHmac(hash, this.#secret).update(token.slice(0, lastDot)).digest('base64url')
    // As text, so that one signature has one spelling.
    if (!isSame(token.slice(lastDot + 1), expected) || !isBase64url(payload)) throw invalid()
    return Buffer.from(payload, 'base64url')
  }

  #hashFor(header: string): string {
    if (header === this.#header) return this.#hash
    const parsed = parsedHeader(header)
    const { alg } = parsed
    const hash = typeof alg === 'string' && this.#algorithms.includes(alg) ? hashes[alg] : undefined
    if (hash === undefined) throw refused('the algorithm is another')
    this.#acceptsHeader(parsed)
    // A copy: a piece of a string keeps all of the string, and tokens are not kept.
    this.#header = Buffer.from(header).toString()
    this.#hash = hash
    return hash
  }
}

/** Nothing ends in a single character: six bits are no byte. */
function isBase64url(text: string): boolean {
  return text.length % 4 !== 1
}

function isSame(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
}

function parsedHeader(text: string): JWSHeaderParameters {
  let header: unknown
  if (!isBase64url(text)) throw invalid()
  try {
    header = JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    throw invalid()
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw invalid()
  return header as JWSHeaderParameters
}

function invalid(): Error {
  return refused('the signature or the header is not valid')
}
