import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { audience, issuer, nowMs, nowS, pairFor, secretKey } from '../../test/support/forge.ts'
import { jwtVerifier } from './jwt.ts'
import { type TokenIssuerOptions, type TokenSubject, tokenIssuer } from './token-issuer.ts'
import type { VerifierContext } from './verifier.ts'

const context: VerifierContext = { method: 'header', signal: new AbortController().signal, reason: 'connect' }
const base = { key: secretKey, algorithm: 'HS256', issuer, audience, now: () => nowMs } as const
const now = () => nowMs

describe('tokenIssuer', () => {
  it('signs an access token that jwtVerifier takes', async () => {
    const token = await tokenIssuer({ ...base, ttlMs: 60_000 }).issue({
      userId: 'ada',
      sessionId: 's1',
      role: 'admin',
    })
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'at+jwt' })
    expect(decodeJwt(token)).toEqual({
      iss: issuer,
      aud: audience,
      sub: 'ada',
      sid: 's1',
      role: 'admin',
      iat: nowS,
      exp: nowS + 60,
      jti: expect.stringMatching(/^[\w-]{20,}$/),
    })
    const principal = await jwtVerifier({
      key: secretKey,
      algorithms: ['HS256'],
      issuer,
      audience,
      typ: 'at+jwt',
      now,
    })(token, context)
    expect(principal).toMatchObject({ userId: 'ada', sessionId: 's1', claims: { role: 'admin' } })
  })

  it.each(['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const)(
    'signs with %s',
    async (algorithm) => {
      const { publicKey, privateKey } = pairFor(algorithm)
      const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'k1' } as { kty: string }
      for (const key of [privateKey, jwk]) {
        const token = await tokenIssuer({ ...base, key, algorithm }).issue({ userId: 'ada' })
        await expect(
          jwtVerifier({ key: publicKey, algorithms: [algorithm], issuer, audience, now })(token, context),
        ).resolves.toBeDefined()
        expect(decodeProtectedHeader(token).kid).toBe(key === jwk ? 'k1' : undefined)
      }
    },
  )

  it('gives each token a jti of its own', async () => {
    const { issue } = tokenIssuer(base)
    const tokens = await Promise.all(Array.from({ length: 50 }, () => issue({ userId: 'ada' })))
    expect(new Set(tokens.map((token) => decodeJwt(token).jti)).size).toBe(50)
  })

  it('lives 15 minutes unless told, and names several audiences', async () => {
    const token = await tokenIssuer({ ...base, audience: ['chat', 'mail'], keyId: 'k9' }).issue({
      userId: 'ada',
    })
    expect(decodeJwt(token)).toMatchObject({ exp: nowS + 900, aud: ['chat', 'mail'] })
    expect(decodeProtectedHeader(token).kid).toBe('k9')
  })

  it.each<[string, object, RegExp]>([
    ['no key', { key: undefined }, /`key`/],
    ['a short key', { key: 'short' }, /5 bytes/],
    ['a public key', { key: pairFor('ES256').publicKey, algorithm: 'ES256' }, /a private one is needed/],
    ['none', { algorithm: 'none' }, /"none"/],
    ['no algorithm', { algorithm: undefined, algorithms: ['HS256'] }, /`algorithm` is missing/],
    ['no issuer', { issuer: undefined }, /`issuer` is missing/],
    ['no audience', { audience: undefined }, /`audience` is missing/],
    ['false as audience', { audience: false }, /`audience` is missing/],
    ['no time', { ttlMs: 0 }, /`ttlMs`/],
    ['two days', { ttlMs: 172_800_000 }, /`ttlMs`/],
    ['NaN', { ttlMs: Number.NaN }, /`ttlMs`/],
  ])('refuses %s when it is made', (_, options, message) => {
    const make = () => tokenIssuer({ ...base, ...options } as unknown as TokenIssuerOptions)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  it('refuses nothing in the place of options', () => {
    expect(() => Reflect.apply(tokenIssuer, undefined, [])).toThrow(/options are missing/)
  })

  it.each<[string, object | undefined, RegExp]>([
    ['nothing in it', undefined, /`userId`/],
    ['no userId', {}, /`userId`/],
    ['an empty userId', { userId: '' }, /`userId`/],
    ['a number', { userId: 5 }, /`userId`/],
    ['257 characters', { userId: 'x'.repeat(257) }, /`userId`/],
    ['a sessionId that is none', { userId: 'ada', sessionId: 5 }, /`sessionId`/],
    ['exp', { userId: 'ada', exp: 9e9 }, /`exp` is set by the issuer/],
    ['sub', { userId: 'ada', sub: 'root' }, /`sub` is set/],
    ['iss', { userId: 'ada', iss: 'x' }, /`iss` is set/],
    ['a function', { userId: 'ada', role: () => 'admin' }, /JSON cannot hold/],
    ['a BigInt', { userId: 'ada', role: 5n }, /JSON cannot hold/],
  ])('rejects a subject with %s', async (_, subject, message) => {
    const issuing = tokenIssuer(base).issue(subject as TokenSubject)
    await expect(issuing).rejects.toThrow(TypeError)
    await expect(issuing).rejects.toThrow(message)
  })
})
