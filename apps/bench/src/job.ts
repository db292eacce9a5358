/** What every server under measurement is asked to do: let those in who hold a good token, then echo. */

import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'

export type Algorithm = 'HS256' | 'ES256' | 'EdDSA'

export interface Job {
  readonly algorithm: Algorithm
  /** What verifies: the shared secret (`oct`) or the public half. */
  readonly jwk: Readonly<Record<string, unknown>>
  readonly issuer: string
  readonly audience: string
  /** `listen`'s backlog; absent for what the server takes by itself. */
  readonly backlog?: number
  /** How long a connection may stay unauthenticated, where the server has such a limit. */
  readonly deadlineMs: number
  /** A Redis on loopback, for those who keep tickets there. */
  readonly redisPort?: number
}

/** A server that does the job. */
export interface Served {
  readonly port: number
  close(): Promise<void>
  /** What the server counted, where a scenario asks for it. */
  facts?(): Readonly<Record<string, number>>
}

export type Serve = (job: Job) => Promise<Served>

/** The secret as text: what the hand-written recipes keep in an environment variable. */
export function secretText({ jwk }: Job): string {
  if (typeof jwk.k !== 'string') throw new TypeError('only HS256 has a secret')
  return jwk.k
}

/** The verifying key, imported once, for libraries that take Node's own kind. */
export function keyObject({ jwk }: Job): KeyObject {
  return jwk.kty === 'oct'
    ? createSecretKey(Buffer.from(String(jwk.k)))
    : createPublicKey({ key: jwk, format: 'jwk' })
}

/** The verifying key, imported once, for libraries that take WebCrypto's kind. */
export async function cryptoKey(job: Job): Promise<CryptoKey> {
  const { algorithm, jwk } = job
  if (algorithm === 'HS256') {
    const hmac = { name: 'HMAC', hash: 'SHA-256' }
    return crypto.subtle.importKey('raw', Buffer.from(secretText(job)), hmac, false, ['verify'])
  }
  const parameters = algorithm === 'ES256' ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'Ed25519' }
  return crypto.subtle.importKey('jwk', jwk, parameters, false, ['verify'])
}

/** The verifying key as one gives it to wsauth: a secret as it stands in the environment, else imported once. */
export function plainKey(job: Job): string | Promise<CryptoKey> {
  return job.algorithm === 'HS256' ? secretText(job) : cryptoKey(job)
}
