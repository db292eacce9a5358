import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { rsaPairs } from './rsa-keys.ts'

/** Everything of a JWT by hand, so that a test can get any part of it wrong. */
export interface Forgery {
  /** Object, or the raw text of the header. */
  readonly header?: object | string
  readonly payload?: object | string | Uint8Array
  /** Algorithm of the signature itself, whatever the header says. Default HS256. */
  readonly signedAs?: string
  readonly key?: string | Uint8Array | KeyObject
}

export const secretKey = 'a-secret-of-at-least-thirty-two-bytes!'
export const issuer = 'https://id.example'
export const audience = 'chat'
/** 2030-01-01T00:00:00Z, when all of these tests take place. */
export const nowMs: number = Date.UTC(2030, 0, 1)
export const nowS: number = nowMs / 1000

export const goodHeader: Readonly<Record<string, unknown>> = { alg: 'HS256', typ: 'at+jwt' }
export const goodClaims: Readonly<Record<string, unknown>> = {
  iss: issuer,
  aud: audience,
  sub: 'ada',
  iat: nowS - 10,
  exp: nowS + 600,
  jti: 'token-1',
  sid: 'session-1',
}

export function base64url(part: object | string | Uint8Array): string {
  const bytes = part instanceof Uint8Array ? part : typeof part === 'string' ? part : JSON.stringify(part)
  return Buffer.from(bytes).toString('base64url')
}

/** A token that is good unless the forgery says otherwise. */
export function forge({ header = goodHeader, payload = goodClaims, signedAs, key }: Forgery = {}): string {
  const input = `${base64url(header)}.${base64url(payload)}`
  return `${input}.${signature(input, signedAs ?? 'HS256', key ?? secretKey).toString('base64url')}`
}

/** A token with other claims; `undefined` takes a claim out. */
export function forgeClaims(claims: Record<string, unknown>, more: Forgery = {}): string {
  return forge({ ...more, payload: { ...goodClaims, ...claims } })
}

/** A token with other members of the header. */
export function forgeHeader(header: Record<string, unknown>, more: Forgery = {}): string {
  return forge({ ...more, header: { ...goodHeader, ...header } })
}

export function signature(input: string, algorithm: string, key: string | Uint8Array | KeyObject): Buffer {
  const hash = `sha${algorithm.slice(2)}`
  if (algorithm.startsWith('HS')) return createHmac(hash, key).update(input).digest()
  if (typeof key === 'string' || key instanceof Uint8Array) throw new TypeError('a key pair is needed')
  const bytes = Buffer.from(input)
  if (algorithm.startsWith('ES')) return sign(hash, bytes, { key, dsaEncoding: 'ieee-p1363' })
  if (algorithm.startsWith('PS'))
    return sign(hash, bytes, { key, padding: 6, saltLength: Number(algorithm.slice(2)) / 8 })
  return algorithm.startsWith('RS') ? sign(hash, bytes, key) : sign(null, bytes, key)
}

interface Pair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** Made once; RSA keys are not made at all. */
const made = new Map<string, Pair>()
export function pairFor(algorithm: string, name = ''): Pair {
  const kind = algorithm.startsWith('RS') || algorithm.startsWith('PS') ? 'RSA' : algorithm
  const known = made.get(kind + name)
  if (known) return known
  const curves: Record<string, string> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }
  const namedCurve = curves[kind]
  const written = kind === 'RSA' ? rsaPairs[name === '' ? 0 : 1] : undefined
  const pair: Pair =
    written ?? (namedCurve ? generateKeyPairSync('ec', { namedCurve }) : generateKeyPairSync('ed25519'))
  made.set(kind + name, pair)
  return pair
}
