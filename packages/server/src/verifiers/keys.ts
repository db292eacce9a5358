import { createPrivateKey, createPublicKey, type JsonWebKey, KeyObject, webcrypto } from 'node:crypto'
import type { CryptoKey, JWK } from 'jose'
import { type Algorithm, type AlgorithmNeeds, algorithmNeeds } from './algorithms.ts'
import { isKeyMaterial } from './key-material.ts'

/** A secret (for HS algorithms) as text or bytes, or a key of Web Crypto, of Node's `crypto`, or a JWK. */
export type Key = string | Uint8Array | CryptoKey | KeyObject | JWK
/** The key for one algorithm, imported once. */
export type KeyFor = (algorithm: Algorithm) => CryptoKey | KeyObject | Promise<CryptoKey>
export type KeyUse = 'verify' | 'sign'

const minRsaBits = 2048

/**
 * A key, checked against every algorithm that it is to serve, so that a mistake shows when the server starts. Throws a
 * `TypeError` without anything of the key in it.
 */
export function keyFor(whose: string, key: unknown, algorithms: readonly Algorithm[], use: KeyUse): KeyFor {
  const [first] = algorithms
  if (first !== undefined && algorithmNeeds[first].kty === 'oct')
    return secretKeyFor(whose, key, algorithms, use)
  const pair = keyOfPair(whose, key, use)
  for (const algorithm of algorithms) assertPair(whose, pair, algorithm, use)
  return () => pair
}

/**
 * The bytes of a secret that serves HS algorithms, checked as {@link keyFor} does; `undefined` for other algorithms, and for
 * a `CryptoKey`, whose bytes are its own.
 */
export function secretFor(
  whose: string,
  key: unknown,
  algorithms: readonly Algorithm[],
): Uint8Array | undefined {
  const [first] = algorithms
  const isSecret = first !== undefined && algorithmNeeds[first].kty === 'oct'
  return isSecret && !isCryptoKey(key) ? secretBytesFor(whose, key, algorithms) : undefined
}

function secretKeyFor(whose: string, key: unknown, algorithms: readonly Algorithm[], use: KeyUse): KeyFor {
  if (isCryptoKey(key)) {
    for (const algorithm of algorithms) {
      assertCryptoKey(whose, key, algorithm, use)
      const bits = (key.algorithm as { length?: number }).length ?? 0
      assertSecretSize(whose, bits / 8, algorithm)
    }
    return () => key
  }
  const bytes = secretBytesFor(whose, key, algorithms)
  const imported = new Map<Algorithm, Promise<CryptoKey>>()
  return (algorithm) => {
    const known = imported.get(algorithm)
    if (known) return known
    const { hash = '' } = algorithmNeeds[algorithm]
    const fresh = webcrypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, [
      use,
    ]) as Promise<CryptoKey>
    imported.set(algorithm, fresh)
    return fresh
  }
}

function secretBytesFor(
  whose: string,
  key: unknown,
  algorithms: readonly Algorithm[],
): Uint8Array<ArrayBuffer> {
  const bytes = secretBytes(whose, key)
  for (const algorithm of algorithms) assertSecretSize(whose, bytes.length, algorithm)
  return bytes
}

/** The bytes of a secret, copied, so that the caller may wipe its own. */
function secretBytes(whose: string, key: unknown): Uint8Array<ArrayBuffer> {
  if (key instanceof KeyObject && key.type === 'secret') return new Uint8Array(key.export())
  if (isJwk(key)) {
    if (key.kty !== 'oct' || typeof key.k !== 'string') {
      throw new TypeError(
        `${whose}: \`key\` is a JWK of type ${key.kty}, but HS algorithms need one of type oct`,
      )
    }
    return new Uint8Array(Buffer.from(key.k, 'base64url'))
  }
  if (typeof key !== 'string' && !(key instanceof Uint8Array)) {
    throw new TypeError(
      `${whose}: \`key\` for HS algorithms is a secret: a string, a Uint8Array, a CryptoKey or a JWK`,
    )
  }
  const bytes = typeof key === 'string' ? new TextEncoder().encode(key) : new Uint8Array(key)
  if (isKeyMaterial(bytes)) {
    throw new TypeError(
      `${whose}: \`key\` is PEM or JSON text, or DER, of a key pair or a certificate, which makes no secret; for a key pair list its algorithms (such as ES256) and pass createPublicKey(pem) of node:crypto or the JWK object`,
    )
  }
  return bytes
}

function assertSecretSize(whose: string, bytes: number, algorithm: Algorithm): void {
  const { secretBytes: least = 0 } = algorithmNeeds[algorithm]
  if (bytes >= least) return
  throw new TypeError(
    `${whose}: \`key\` has ${bytes} bytes, but ${algorithm} needs ${least} or more; make one with randomBytes(${least})`,
  )
}

function keyOfPair(whose: string, key: unknown, use: KeyUse): CryptoKey | KeyObject {
  const wanted = use === 'verify' ? 'public' : 'private'
  if (isCryptoKey(key)) return key
  if (key instanceof KeyObject) {
    if (key.type === wanted) return key
    throw new TypeError(`${whose}: \`key\` is a ${key.type} KeyObject, but a ${wanted} one is needed here`)
  }
  if (isJwk(key)) {
    if (key.kty === 'oct')
      throw new TypeError(`${whose}: \`key\` is a secret, but \`algorithms\` are for a key pair`)
    if (use === 'verify' && key.d !== undefined) {
      throw new TypeError(
        `${whose}: \`key\` is a private JWK; pass the public one, without \`d\`, to those who verify`,
      )
    }
    try {
      const input = { key: key as JsonWebKey, format: 'jwk' as const }
      return use === 'verify' ? createPublicKey(input) : createPrivateKey(input)
    } catch {
      throw new TypeError(`${whose}: \`key\` is not a ${wanted} JWK that can be imported`)
    }
  }
  const make = use === 'verify' ? 'createPublicKey' : 'createPrivateKey'
  throw new TypeError(
    `${whose}: \`key\` for these algorithms is a ${wanted} CryptoKey, KeyObject or JWK; ${make}(pem) of node:crypto makes one of PEM`,
  )
}

function assertPair(whose: string, key: CryptoKey | KeyObject, algorithm: Algorithm, use: KeyUse): void {
  if (isCryptoKey(key)) {
    assertCryptoKey(whose, key, algorithm, use)
    return
  }
  const { kty, nodeCurve } = algorithmNeeds[algorithm]
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {}
  const fits = {
    oct: false,
    RSA:
      key.asymmetricKeyType === 'rsa' || (algorithm.startsWith('PS') && key.asymmetricKeyType === 'rsa-pss'),
    EC: key.asymmetricKeyType === 'ec' && namedCurve === nodeCurve,
    OKP: key.asymmetricKeyType === 'ed25519',
  }
  if (!fits[kty])
    throw new TypeError(`${whose}: \`key\` does not fit ${algorithm}, which needs ${describe(algorithm)}`)
  if (kty === 'RSA') assertRsaSize(whose, modulusLength)
}

function assertCryptoKey(whose: string, key: CryptoKey, algorithm: Algorithm, use: KeyUse): void {
  const { kty, name, hash, curve } = algorithmNeeds[algorithm]
  const has = key.algorithm as {
    name: string
    hash?: { name: string }
    namedCurve?: string
    modulusLength?: number
  }
  const fits =
    has.name === name && (!hash || has.hash?.name === hash) && (kty !== 'EC' || has.namedCurve === curve)
  if (!fits)
    throw new TypeError(`${whose}: \`key\` does not fit ${algorithm}, which needs ${describe(algorithm)}`)
  if (!key.usages.includes(use)) throw new TypeError(`${whose}: \`key\` is a CryptoKey that may not ${use}`)
  if (kty === 'RSA') assertRsaSize(whose, has.modulusLength)
}

function assertRsaSize(whose: string, bits: number | undefined): void {
  if (bits !== undefined && bits >= minRsaBits) return
  throw new TypeError(`${whose}: \`key\` has a modulus of ${bits} bits; RSA keys have ${minRsaBits} or more`)
}

function describe(algorithm: Algorithm): string {
  const { kty, name, hash, curve }: AlgorithmNeeds = algorithmNeeds[algorithm]
  return [kty, name, hash, curve].filter((part, i, parts) => part && parts.indexOf(part) === i).join(' ')
}

function isCryptoKey(key: unknown): key is CryptoKey {
  return Object.prototype.toString.call(key) === '[object CryptoKey]'
}

function isJwk(key: unknown): key is JWK {
  return typeof key === 'object' && key !== null && 'kty' in key && !(key instanceof Uint8Array)
}
