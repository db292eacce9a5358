import { createHmac } from 'node:crypto'
import { isAuthError } from '@wsauth/protocol'
import { describe, expect, it } from 'vitest'
import {
  audience,
  forge,
  goodClaims,
  goodHeader,
  issuer,
  nowMs,
  pairFor,
  secretKey,
} from '../../test/support/forge.ts'
import { forgedTokens } from '../../test/support/forged-tokens.ts'
import { jwtVerifier } from './jwt.ts'
import type { VerifierContext } from './verifier.ts'

const context: VerifierContext = { method: 'header', signal: new AbortController().signal, reason: 'connect' }
const options = { issuer, audience, now: () => nowMs }
const { publicKey } = pairFor('ES256')
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1' } as { kty: string }
const verifiers = {
  'a secret': jwtVerifier({ ...options, key: secretKey, algorithms: ['HS256'] }),
  'a public key': jwtVerifier({ ...options, key: publicKey, algorithms: ['ES256'] }),
  'a JWK Set': jwtVerifier({ ...options, jwks: { keys: [jwk] }, algorithms: ['ES256'] }),
}

async function verdict(verifier: (typeof verifiers)['a secret'], token: string): Promise<unknown> {
  try {
    await verifier(token, context)
    return 'accepted'
  } catch (error) {
    return isAuthError(error) ? error.error : error
  }
}

describe.each(Object.entries(verifiers))('with %s, no forged token is taken:', (_, verifier) => {
  it.each(forgedTokens)('%s', async (_name, token) => {
    expect(await verdict(verifier, token)).toBe('invalid_token')
  })
})

describe('what the forgeries differ from is taken:', () => {
  it('a secret', async () => {
    expect(await verdict(verifiers['a secret'], forge())).toBe('accepted')
  })
  it.each(['a public key', 'a JWK Set'] as const)('%s', async (name) => {
    const { privateKey } = pairFor('ES256')
    const token = forge({
      header: { ...goodHeader, alg: 'ES256', kid: 'k1' },
      signedAs: 'ES256',
      key: privateKey,
    })
    expect(await verdict(verifiers[name], token)).toBe('accepted')
  })
})

describe('mutations of a good token', () => {
  const runs = Number(process.env.FUZZ_RUNS ?? 100_000)

  it(`${runs} of them: none is taken but re-encodings of the very same one`, {
    timeout: 600_000,
  }, async () => {
    const good = forge()
    const [header, payload, signature = ''] = good.split('.')
    let state = 7
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const alphabet = 'ABCabc012-_.=+/ \u0000é'
    for (let run = 0; run < runs; run++) {
      const at = random(good.length)
      const letter = alphabet[random(alphabet.length)] ?? ''
      const mutated = [
        good.slice(0, at) + letter + good.slice(at + 1),
        good.slice(0, at) + letter + good.slice(at),
        good.slice(0, at) + good.slice(at + 1),
        good.slice(at) + good.slice(0, at),
      ][random(4)]
      if (mutated === undefined || mutated === good) continue
      const said = await verdict(verifiers['a secret'], mutated)
      if (said === 'invalid_token') continue
      const [h, p, s = ''] = mutated.split('.')
      expect([said, h, p]).toEqual(['accepted', header, payload])
      expect(Buffer.from(s, 'base64url')).toEqual(Buffer.from(signature, 'base64url'))
    }
  })

  it('claims that were swapped in after signing are never believed', async () => {
    const [header = '', , signature] = forge().split('.')
    for (const claims of [{ sub: 'root' }, { exp: 4e9 }, { aud: 'admin' }]) {
      const payload = Buffer.from(JSON.stringify({ ...goodClaims, ...claims })).toString('base64url')
      expect(await verdict(verifiers['a secret'], `${header}.${payload}.${signature}`)).toBe('invalid_token')
    }
  })

  it('the public key as an HMAC secret, in every shape that it comes in', async () => {
    const shapes = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(jwk),
      JSON.stringify({ keys: [jwk] }),
    ]
    for (const shape of shapes) {
      const input = forge({ header: { alg: 'HS256', kid: 'k1' } })
        .split('.', 2)
        .join('.')
      const token = `${input}.${createHmac('sha256', shape).update(input).digest('base64url')}`
      for (const verifier of Object.values(verifiers))
        expect(await verdict(verifier, token)).toBe('invalid_token')
    }
  })
})
