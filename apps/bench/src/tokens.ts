import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto'
import type { Algorithm, Job } from './job.ts'

const issuer = 'https://id.example'
const audience = 'bench'

interface TokenOptions {
  readonly count: number
  /** Seconds since the epoch; an hour from now unless told. */
  readonly expiresAt?: number
  /** What their subjects begin with. */
  readonly users?: string
}

/** Makes tokens, and knows the job of the servers that take them. */
export interface Issuer {
  readonly job: Job
  /** Distinct tokens: no two have the same text. */
  tokens(options: TokenOptions): string[]
}

/** A new key and the job that goes with it. */
export function createIssuer(algorithm: Algorithm): Issuer {
  const { jwk, signature } = keys(algorithm)
  const job: Job = { algorithm, jwk, issuer, audience, deadlineMs: 5_000 }
  const head = segment({ alg: algorithm, typ: 'JWT' })
  return {
    job,
    tokens({ count, expiresAt, users = 'user' }) {
      const iat = Math.floor(Date.now() / 1_000)
      const exp = expiresAt ?? iat + 3_600
      return Array.from({ length: count }, (_, index) => {
        const claims = { iss: issuer, aud: audience, sub: `${users}-${index}`, jti: randomUUID(), iat, exp }
        const text = `${head}.${segment(claims)}`
        return `${text}.${signature(text).toString('base64url')}`
      })
    },
  }
}

interface Keys {
  readonly jwk: Readonly<Record<string, unknown>>
  readonly signature: (text: string) => Buffer
}

function keys(algorithm: Algorithm): Keys {
  if (algorithm === 'HS256') {
    // The key is the text itself, as in the hand-written servers, which read it from the environment.
    const k = randomBytes(32).toString('base64url')
    return { jwk: { kty: 'oct', k }, signature: (text) => createHmac('sha256', k).update(text).digest() }
  }
  const pair = algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : ed25519()
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }) }
  const hash = algorithm === 'ES256' ? 'sha256' : null
  const key = { key: pair.privateKey, dsaEncoding: 'ieee-p1363' } as const
  return { jwk, signature: (text) => sign(hash, Buffer.from(text), key) }
}

function ed25519(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ed25519')
}

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
