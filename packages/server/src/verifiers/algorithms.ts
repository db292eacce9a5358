/** Signature algorithms of RFC 7518 §3.1, RFC 8037 and RFC 9864 that are taken. */
export type Algorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519'

/** What a key has to be for an algorithm. */
export interface AlgorithmNeeds {
  readonly kty: 'oct' | 'RSA' | 'EC' | 'OKP'
  /** `name` and `hash` of a `CryptoKey`'s algorithm. */
  readonly name: string
  readonly hash?: string
  /** The curve, as a JWK and a `CryptoKey` name it, and as Node's `KeyObject` does. */
  readonly curve?: string
  readonly nodeCurve?: string
  /** Shortest secret in bytes: that of the hash (RFC 7518 §3.2). */
  readonly secretBytes?: number
}

const hmac = (bits: number): AlgorithmNeeds => ({
  kty: 'oct',
  name: 'HMAC',
  hash: `SHA-${bits}`,
  secretBytes: bits / 8,
})
const rsa = (bits: number): AlgorithmNeeds => ({ kty: 'RSA', name: 'RSASSA-PKCS1-v1_5', hash: `SHA-${bits}` })
const pss = (bits: number): AlgorithmNeeds => ({ kty: 'RSA', name: 'RSA-PSS', hash: `SHA-${bits}` })
const ecdsa = (curve: string, nodeCurve: string): AlgorithmNeeds => ({
  kty: 'EC',
  name: 'ECDSA',
  curve,
  nodeCurve,
})
const ed25519: AlgorithmNeeds = { kty: 'OKP', name: 'Ed25519', curve: 'Ed25519' }

export const algorithmNeeds: Readonly<Record<Algorithm, AlgorithmNeeds>> = {
  HS256: hmac(256),
  HS384: hmac(384),
  HS512: hmac(512),
  RS256: rsa(256),
  RS384: rsa(384),
  RS512: rsa(512),
  PS256: pss(256),
  PS384: pss(384),
  PS512: pss(512),
  ES256: ecdsa('P-256', 'prime256v1'),
  ES384: ecdsa('P-384', 'secp384r1'),
  ES512: ecdsa('P-521', 'secp521r1'),
  EdDSA: ed25519,
  Ed25519: ed25519,
}

/** Throws a `TypeError` for a name that is not taken, `none` included. */
export function assertAlgorithm(whose: string, name: unknown): asserts name is Algorithm {
  if (typeof name === 'string' && Object.hasOwn(algorithmNeeds, name)) return
  const known = Object.keys(algorithmNeeds).join(', ')
  throw new TypeError(
    `${whose}: ${JSON.stringify(name)} is no signature algorithm that is taken; use one of ${known}`,
  )
}

/**
 * Throws a `TypeError` unless `names` is an allow-list of one family: a public key that is taken for a secret is the oldest
 * forgery there is (RFC 8725 §2.1, §3.1).
 */
export function assertAlgorithms(whose: string, names: unknown): asserts names is readonly Algorithm[] {
  if (!Array.isArray(names) || names.length === 0) {
    throw new TypeError(
      `${whose}: \`algorithms\` is missing; list what the issuer signs with, such as ['ES256']`,
    )
  }
  for (const name of names) assertAlgorithm(whose, name)
  const secrets = (names as Algorithm[]).filter((name) => algorithmNeeds[name].kty === 'oct')
  if (secrets.length > 0 && secrets.length < names.length) {
    throw new TypeError(
      `${whose}: \`algorithms\` mixes secrets (${secrets.join(', ')}) with key pairs; make one verifier each and join them with firstOf()`,
    )
  }
}
