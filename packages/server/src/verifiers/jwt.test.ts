import {
  createHmac,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  randomBytes,
  webcrypto,
} from 'node:crypto'
import { inspect } from 'node:util'
import { isAuthError } from '@wsauth/protocol'
import { describe, expect, it, vi } from 'vitest'
import {
  audience,
  base64url,
  forge,
  forgeClaims,
  forgeHeader,
  goodClaims,
  issuer,
  nowMs,
  nowS,
  pairFor,
  secretKey,
} from '../../test/support/forge.ts'
import { verifierCases } from '../testing/verifier-cases.ts'
import type { Algorithm } from './algorithms.ts'
import { type JwtVerifierOptions, jwtVerifier } from './jwt.ts'
import type { Verifier, VerifierContext } from './verifier.ts'

const context: VerifierContext = { method: 'header', signal: new AbortController().signal, reason: 'connect' }
const base = { key: secretKey, algorithms: ['HS256'], issuer, audience, now: () => nowMs } as const
const verify = (token: string, options: Partial<JwtVerifierOptions> = {}) =>
  jwtVerifier({ ...base, ...options } as JwtVerifierOptions)(token, context)
const jwkOf = (key: KeyObject) => ({ ...key.export({ format: 'jwk' }) }) as { kty: string }

async function errorOf(promise: unknown): Promise<unknown> {
  return Promise.resolve(promise).then(
    () => 'accepted',
    (error: unknown) => (isAuthError(error) ? error.error : error),
  )
}

describe('jwtVerifier', () => {
  for (const { name, run } of verifierCases) {
    it(name, () =>
      run(() => ({
        verifier: jwtVerifier(base),
        token: forge(),
        refused: [
          forgeClaims({ exp: nowS - 60 }),
          forgeClaims({ iss: 'https://else.example' }),
          forge({ key: 'x'.repeat(32) }),
        ],
      })),
    )
  }

  it('fills the principal from the claims', async () => {
    const principal = await verify(forgeClaims({ roles: ['admin'] }))
    expect(principal).toEqual({
      userId: 'ada',
      claims: { ...goodClaims, roles: ['admin'] },
      expiresAt: (nowS + 600) * 1000,
      leewayMs: 5_000,
      sessionId: 'session-1',
      tokenId: 'token-1',
      issuedAt: (nowS - 10) * 1000,
      issuer,
    })
  })

  it('gives claims that are frozen and have no prototype, however deep', async () => {
    const payload = `{"__proto__":{"admin":true},"deep":{"list":[{"a":1}]},${JSON.stringify(goodClaims).slice(1)}`
    const { claims } = await verify(forge({ payload }))
    const deep = claims?.deep as { list: object[] }
    for (const part of [claims, deep, deep.list, deep.list[0]]) expect(Object.isFrozen(part)).toBe(true)
    for (const part of [claims, deep, deep.list[0]]) expect(Object.getPrototypeOf(part)).toBe(null)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  const algorithms: Algorithm[] = [
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
    'Ed25519',
  ]
  it.each(algorithms)('takes %s with a KeyObject, a JWK, a CryptoKey and a JWK Set', async (algorithm) => {
    const { publicKey, privateKey } = pairFor(algorithm)
    const token = forge({ header: { alg: algorithm, kid: 'k1' }, signedAs: algorithm, key: privateKey })
    const jwk = { ...jwkOf(publicKey), kid: 'k1' }
    const names: Record<string, object> = {
      RS: { name: 'RSASSA-PKCS1-v1_5', hash: `SHA-${algorithm.slice(2)}` },
      PS: { name: 'RSA-PSS', hash: `SHA-${algorithm.slice(2)}` },
      ES: { name: 'ECDSA', namedCurve: 'crv' in jwk ? jwk.crv : '' },
      Ed: { name: 'Ed25519' },
    }
    const cryptoKey = await webcrypto.subtle.importKey(
      'jwk',
      jwkOf(publicKey),
      names[algorithm.slice(0, 2)] as { name: string },
      true,
      ['verify'],
    )
    const { key: _, ...rest } = { ...base, algorithms: [algorithm] }
    for (const options of [{ key: publicKey }, { key: jwk }, { key: cryptoKey }, { jwks: { keys: [jwk] } }]) {
      await expect(
        jwtVerifier({ ...rest, ...options } as JwtVerifierOptions)(token, context),
      ).resolves.toMatchObject({ userId: 'ada' })
    }
    expect(
      await errorOf(jwtVerifier({ ...rest, key: pairFor(algorithm, 'other').publicKey })(token, context)),
    ).toBe('invalid_token')
  })

  it.each(['HS256', 'HS384', 'HS512'] as const)(
    'takes %s with text, bytes, KeyObject, JWK and CryptoKey',
    async (algorithm) => {
      const bytes = randomBytes(64)
      const token = forge({ header: { alg: algorithm }, signedAs: algorithm, key: bytes })
      const cryptoKey = await webcrypto.subtle.importKey(
        'raw',
        bytes,
        { name: 'HMAC', hash: `SHA-${algorithm.slice(2)}` },
        false,
        ['verify'],
      )
      const keys = [
        bytes,
        new Uint8Array(bytes),
        createSecretKey(bytes),
        { kty: 'oct', k: bytes.toString('base64url') },
        cryptoKey,
      ]
      for (const key of keys) {
        await expect(
          verify(token, { key, algorithms: [algorithm] } as Partial<JwtVerifierOptions>),
        ).resolves.toMatchObject({ userId: 'ada' })
      }
      const text = 'é'.repeat(32)
      const textToken = forge({ header: { alg: algorithm }, signedAs: algorithm, key: Buffer.from(text) })
      await expect(verify(textToken, { key: text, algorithms: [algorithm] })).resolves.toMatchObject({
        userId: 'ada',
      })
    },
  )

  it('takes several algorithms of one family with one secret', async () => {
    const key = randomBytes(64)
    const verifier = jwtVerifier({ ...base, key, algorithms: ['HS256', 'HS512'] })
    for (const alg of ['HS256', 'HS512']) {
      await expect(verifier(forge({ header: { alg }, signedAs: alg, key }), context)).resolves.toBeDefined()
    }
    expect(
      await errorOf(verifier(forge({ header: { alg: 'HS384' }, signedAs: 'HS384', key }), context)),
    ).toBe('invalid_token')
  })

  it('takes random bytes as a secret, whatever they begin with', async () => {
    for (let first = 0; first < 256; first++) {
      const key = randomBytes(32)
      key[0] = first
      const verifier = jwtVerifier({ ...base, key })
      await expect(verifier(forge({ key }), context)).resolves.toBeDefined()
    }
  })

  it('keeps a copy of the secret, so that the caller may wipe its own', async () => {
    const key = Buffer.from(secretKey)
    const verifier = jwtVerifier({ ...base, key })
    key.fill(0)
    await expect(verifier(forge(), context)).resolves.toMatchObject({ userId: 'ada' })
  })

  describe('times', () => {
    it.each([
      ['exp at the end of the leeway', { exp: nowS - 5 }, 'invalid_token'],
      ['exp within the leeway', { exp: nowS - 4 }, 'accepted'],
      ['exp exactly 24 h ahead', { exp: nowS + 86_400 }, 'accepted'],
      ['exp a second further ahead', { exp: nowS + 86_401 }, 'invalid_token'],
      ['nbf within the leeway', { nbf: nowS + 5 }, 'accepted'],
      ['nbf later', { nbf: nowS + 6 }, 'invalid_token'],
      ['nbf with a fraction', { nbf: nowS - 0.5 }, 'accepted'],
      ['iat within the leeway', { iat: nowS + 5 }, 'accepted'],
      ['iat later', { iat: nowS + 6 }, 'invalid_token'],
      ['nbf and iat of 1970', { nbf: 0, iat: 0 }, 'accepted'],
      ['no iat', { iat: undefined }, 'accepted'],
      ['iat with a fraction', { iat: nowS - 0.25 }, 'accepted'],
    ])('%s: %j is %s', async (_, claims, verdict) => {
      expect(await errorOf(verify(forgeClaims(claims)))).toBe(verdict)
    })

    it('leewayMs and maxLifetimeMs are the options', async () => {
      expect(await errorOf(verify(forgeClaims({ exp: nowS }), { leewayMs: 0 }))).toBe('invalid_token')
      expect(await errorOf(verify(forgeClaims({ exp: nowS + 1 }), { leewayMs: 0 }))).toBe('accepted')
      expect(await errorOf(verify(forgeClaims({ exp: nowS - 59 }), { leewayMs: 60_000 }))).toBe('accepted')
      expect(await errorOf(verify(forgeClaims({ exp: nowS + 61 }), { maxLifetimeMs: 60_000 }))).toBe(
        'invalid_token',
      )
    })
  })

  describe('options', () => {
    it.each([
      ['another issuer of a list', { issuer: ['https://a.example', issuer] }, {}, 'accepted'],
      ['any issuer, said so', { issuer: false as const }, { iss: 'https://whoever.example' }, 'accepted'],
      ['no issuer, said so', { issuer: false as const }, { iss: undefined }, 'accepted'],
      ['one of several audiences', {}, { aud: ['mail', audience] }, 'accepted'],
      ['one of several expected', { audience: ['mail', audience] }, {}, 'accepted'],
      ['any audience, said so', { audience: false as const }, { aud: undefined }, 'accepted'],
      ['a required claim', { requiredClaims: ['tenant'] }, { tenant: 't' }, 'accepted'],
      ['a required claim that is missing', { requiredClaims: ['tenant'] }, {}, 'invalid_token'],
      ['a required claim that is null', { requiredClaims: ['tenant'] }, { tenant: null }, 'invalid_token'],
      ['a required claim of the prototype', { requiredClaims: ['toString'] }, {}, 'invalid_token'],
      ['another userId', { userId: (): string => 'x' }, { sub: undefined }, 'accepted'],
      [
        'another userId beside a sub that is none',
        { userId: (): string => 'x' },
        { sub: 5 },
        'invalid_token',
      ],
      ['a claim that is null', {}, { nickname: null }, 'accepted'],
      ['a userId that finds nobody', { userId: (): string => '' }, {}, 'invalid_token'],
      ['a userId that is no string', { userId: () => 5 as unknown as string }, {}, 'invalid_token'],
      [
        'a userId that throws',
        {
          userId: (): string => {
            throw new Error('planted-secret')
          },
        },
        {},
        'invalid_token',
      ],
    ] as const)('%s', async (_, options, claims, verdict) => {
      expect(await errorOf(verify(forgeClaims(claims), options))).toBe(verdict)
    })

    it.each([
      [undefined, undefined, 'accepted'],
      [undefined, 'JWT', 'accepted'],
      [undefined, 'jwt', 'accepted'],
      [undefined, 'at+jwt', 'accepted'],
      [undefined, 'application/AT+JWT', 'accepted'],
      [undefined, 'id_token+jwt', 'invalid_token'],
      [undefined, 'jwtapplication/', 'invalid_token'],
      [undefined, 'dpop+jwt', 'invalid_token'],
      [undefined, '', 'invalid_token'],
      [undefined, 5, 'invalid_token'],
      ['at+jwt', 'at+jwt', 'accepted'],
      ['at+jwt', 'JWT', 'invalid_token'],
      ['at+jwt', undefined, 'invalid_token'],
      [['at+jwt', 'chat+jwt'], 'chat+jwt', 'accepted'],
    ] as const)('typ %j with a token of typ %j is %s', async (typ, said, verdict) => {
      const options = typ === undefined ? {} : { typ }
      expect(await errorOf(verify(forgeHeader({ typ: said }), options))).toBe(verdict)
    })
  })

  it('a re-encoding of a token that is taken names the same jti, so a revocation finds it', async () => {
    const { publicKey, privateKey } = pairFor('ES256')
    const token = forge({ header: { alg: 'ES256' }, signedAs: 'ES256', key: privateKey })
    const [header, payload, signature = ''] = token.split('.')
    const bytes = Buffer.from(signature, 'base64url')
    // ES256 signatures come in pairs: (r, s) and (r, n - s) verify alike.
    const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    const s = n - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
    const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
    const twins = [`${header}.${payload}.${twin.toString('base64url')}`]
    for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
      twins.push(token.slice(0, -1) + last)
    const verifier = jwtVerifier({ ...base, key: publicKey, algorithms: ['ES256'] })
    const taken = await Promise.allSettled(twins.map((one) => verifier(one, context)))
    const principals = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    expect(principals.length).toBeGreaterThan(1)
    for (const principal of principals)
      expect(principal).toMatchObject({ tokenId: 'token-1', sessionId: 'session-1', userId: 'ada' })
  })

  it.each<[string, Partial<JwtVerifierOptions>, string]>([
    ['not a compact JWS', {}, 'a.b'],
    ['the signature or the header is not valid', {}, forge({ key: 'x'.repeat(32) })],
    ['the algorithm is another', {}, forgeHeader({ alg: 'HS512' })],
    ['the algorithm is another', { key: pairFor('ES256').publicKey, algorithms: ['ES256'] }, forge()],
    ['the payload is no JSON object', {}, forge({ payload: '[]' })],
    ['the header asks for an extension', {}, forgeHeader({ b64: true })],
    ['kid is too long', {}, forgeHeader({ kid: 'k'.repeat(129) })],
    ['typ is another kind of token', {}, forgeHeader({ typ: 'dpop+jwt' })],
    ['the issuer is another', {}, forgeClaims({ iss: 'https://else.example' })],
    ['the audience is another', {}, forgeClaims({ aud: 'mail' })],
    ['a required claim is missing', { requiredClaims: ['tenant'] }, forge()],
    ['sid is not a string of 1 to 256 characters', {}, forgeClaims({ sid: 5 })],
    ['jti is not a string of 1 to 256 characters', {}, forgeClaims({ jti: '' })],
    ['nbf is no number of seconds', {}, forgeClaims({ nbf: '1' })],
    ['the token is not valid yet', {}, forgeClaims({ nbf: nowS + 60 })],
    ['iat is no number of seconds', {}, forgeClaims({ iat: -1 })],
    ['the token was issued in the future', {}, forgeClaims({ iat: nowS + 60 })],
    ['exp is missing or no safe integer', {}, forgeClaims({ exp: undefined })],
    ['the token lives longer than maxLifetimeMs', {}, forgeClaims({ exp: nowS + 90_000 })],
    ['sub is not a string of 1 to 256 characters', {}, forgeClaims({ sub: '' })],
    ['sub is missing', {}, forgeClaims({ sub: undefined })],
    ['`userId` of the options found nobody', { userId: (): string => '' }, forge()],
    // Nobody waits for it, and a rejection that nobody handles would end the process.
    [
      '`userId` of the options gave a promise: it has to give text at once',
      { userId: () => Promise.reject(new Error('away')) as unknown as string },
      forge(),
    ],
  ])('tells the operator, and nobody else, that %s', async (message, options, token) => {
    await expect(verify(token, options)).rejects.toMatchObject({ error: 'invalid_token', message })
  })

  it('tells the operator when a token ended', async () => {
    await expect(verify(forgeClaims({ exp: nowS - 60 }))).rejects.toMatchObject({
      details: { message: 'the token has expired', expiredAtMs: (nowS - 60) * 1_000 },
    })
    await expect(verify('')).rejects.toMatchObject({
      details: expect.not.objectContaining({ expiredAtMs: expect.anything() }),
    })
  })

  it('refuses an algorithm that is not on the list, though the set has a key for it', async () => {
    const keys = (['ES256', 'RS256'] as const).map((kid) => ({ ...jwkOf(pairFor(kid).publicKey), kid }))
    const options = { issuer, audience, now: base.now, jwks: { keys } }
    const key = pairFor('RS256').privateKey
    const token = forge({ header: { alg: 'RS256', kid: 'RS256' }, signedAs: 'RS256', key })
    expect(await errorOf(jwtVerifier({ ...options, algorithms: ['RS256'] })(token, context))).toBe('accepted')
    expect(await errorOf(jwtVerifier({ ...options, algorithms: ['ES256'] })(token, context))).toBe(
      'invalid_token',
    )
  })

  it('takes a kid of 128 characters', async () => {
    expect(await errorOf(verify(forgeHeader({ kid: 'k'.repeat(128) })))).toBe('accepted')
  })

  const es256 = pairFor('ES256')
  const signing = {
    'a secret': { alg: 'HS256', key: secretKey, other: 'x'.repeat(32), options: {} },
    'a key pair': {
      alg: 'ES256',
      key: es256.privateKey,
      other: pairFor('ES256', 'other').privateKey,
      options: { key: es256.publicKey, algorithms: ['ES256'] },
    },
    'a key set': {
      alg: 'ES256',
      key: es256.privateKey,
      other: pairFor('ES256', 'other').privateKey,
      options: {
        key: undefined,
        jwks: {
          keys: [es256, pairFor('ES256', 'third')].map(({ publicKey }) => ({
            ...jwkOf(publicKey),
            alg: 'ES256',
          })),
        },
        algorithms: ['ES256'],
      },
    },
  } as const

  it.each(Object.entries(signing))(
    'says nothing of a token in what it throws, whatever is wrong with it: %s',
    async (_, of) => {
      const planted = 'planted-secret-claim'
      const header = { alg: of.alg, typ: 'at+jwt' }
      const signed = { header, signedAs: of.alg, key: of.key }
      const tokens = [
        forgeClaims({ secret: planted, exp: 1 }, signed),
        forgeClaims({ secret: planted, aud: planted }, signed),
        forgeClaims({ secret: planted, sub: '' }, signed),
        forgeClaims({ secret: planted }, { ...signed, key: of.other }),
        forge({ ...signed, header: { ...header, alg: planted } }),
        forge({ ...signed, header: { ...header, kid: planted.repeat(20) } }),
        forge({ ...signed, header: { ...header, crit: [planted], [planted]: 1 } }),
        forge({ ...signed, header: `{"${planted}"` }),
        forge({ ...signed, payload: `{"${planted}"` }),
      ]
      const options = of.options as Partial<JwtVerifierOptions>
      await verify(forge(signed), options)
      for (const token of tokens) {
        const error: unknown = await Promise.resolve(verify(token, options)).catch(
          (thrown: unknown) => thrown,
        )
        expect(isAuthError(error)).toBe(true)
        const told =
          inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error) + (error as Error).stack
        expect(told).not.toContain('planted')
        for (const part of token.split('.')) expect(told).not.toContain(part.slice(0, 8))
      }
    },
  )

  it('verifies with jose what another implementation signed', async () => {
    const input = `${base64url('{"typ":"JWT",\r\n "alg":"HS256"}')}.${base64url(JSON.stringify(goodClaims))}`
    const token = `${input}.${createHmac('sha256', secretKey).update(input).digest('base64url')}`
    await expect(verify(token)).resolves.toMatchObject({ userId: 'ada' })
  })
})

describe('a token that was verified before', () => {
  const es = pairFor('ES256')
  const token = forge({ header: { alg: 'ES256' }, signedAs: 'ES256', key: es.privateKey })

  function counted(options: Partial<JwtVerifierOptions> = {}) {
    const time = { aheadMs: 0 }
    const signatures = vi.spyOn(webcrypto.subtle, 'verify')
    signatures.mockClear()
    const now = () => nowMs + time.aheadMs
    const verifier = jwtVerifier({ ...base, key: es.publicKey, algorithms: ['ES256'], now, ...options })
    return { time, verifier, signatures: () => signatures.mock.calls.length }
  }

  it('costs no cryptography, for five minutes at most', async () => {
    const { time, verifier, signatures } = counted({ leewayMs: 60_000 })
    for (let n = 0; n < 20; n++) await verifier(token, context)
    expect(signatures()).toBe(1)
    time.aheadMs = 299_999
    await verifier(token, context)
    expect(signatures()).toBe(1)
    time.aheadMs = 300_000
    await verifier(token, context)
    expect(signatures()).toBe(2)
  })

  it('ends when it ends, though it is remembered', async () => {
    const brief = forge({
      header: { alg: 'ES256' },
      payload: { ...goodClaims, exp: nowS + 60 },
      signedAs: 'ES256',
      key: es.privateKey,
    })
    const { time, verifier, signatures } = counted()
    await verifier(brief, context)
    time.aheadMs = 64_999
    expect(await errorOf(verifier(brief, context))).toBe('accepted')
    time.aheadMs = 65_000
    expect(await errorOf(verifier(brief, context))).toBe('invalid_token')
    expect(signatures()).toBe(1)
  })

  it('ends when it ends, and is asked all else again', async () => {
    let isKnown = true
    const { time, verifier } = counted({ userId: ({ sub }): string => (isKnown ? String(sub) : '') })
    await verifier(token, context)
    isKnown = false
    expect(await errorOf(verifier(token, context))).toBe('invalid_token')
    isKnown = true
    time.aheadMs = 604_999
    expect(await errorOf(verifier(token, context))).toBe('accepted')
    time.aheadMs = 605_000
    expect(await errorOf(verifier(token, context))).toBe('invalid_token')
  })

  it('says nothing for another spelling of it, nor for one that was refused', async () => {
    const { verifier, signatures } = counted()
    await verifier(token, context)
    const forged = `${token.slice(0, -10)}AAAAAAAAAA`
    for (const bad of [forged, forged, `${token}=`])
      expect(await errorOf(verifier(bad, context))).toBe('invalid_token')
    expect(signatures()).toBe(3)
  })

  it('is remembered among so many, and not at all with cacheSize 0', async () => {
    const off = counted({ cacheSize: 0 })
    await off.verifier(token, context)
    await off.verifier(token, context)
    expect(off.signatures()).toBe(2)
    const one = counted({ cacheSize: 1 })
    const other = forge({ header: { alg: 'ES256', kid: 'x' }, signedAs: 'ES256', key: es.privateKey })
    for (const asked of [token, other, other, token]) await one.verifier(asked, context)
    expect(one.signatures()).toBe(3)
  })
})

describe('jwtVerifier refuses, when it is made,', () => {
  const n = Buffer.alloc(128, 0xff).toString('base64url')
  const rsa1024 = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' })
  const { publicKey, privateKey } = pairFor('ES256')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
  const set = { keys: [jwkOf(publicKey)] }
  it.each<[string, object, RegExp]>([
    ['no algorithms', { algorithms: undefined }, /`algorithms` is missing/],
    ['an empty list of them', { algorithms: [] }, /`algorithms` is missing/],
    ['none', { algorithms: ['none'] }, /"none" is no signature algorithm/],
    ['another case', { algorithms: ['hs256'] }, /"hs256" is no signature algorithm/],
    ['a name of the prototype', { algorithms: ['constructor'] }, /is no signature algorithm/],
    ['ES256K', { algorithms: ['ES256K'], key: publicKey }, /is no signature algorithm/],
    ['secrets beside key pairs', { algorithms: ['HS256', 'RS256'] }, /mixes secrets \(HS256\).*firstOf\(\)/],
    ['key and jwks', { jwks: set }, /either `key` or `jwks`, not both/],
    ['neither', { key: undefined }, /`key` is undefined, and so is `jwks`: give one of them/],
    ['a secret of 31 bytes', { key: 'x'.repeat(31) }, /has 31 bytes, but HS256 needs 32/],
    ['an empty secret', { key: '' }, /has 0 bytes/],
    [
      'a secret of 32 bytes for HS512',
      { key: 'x'.repeat(32), algorithms: ['HS256', 'HS512'] },
      /HS512 needs 64/,
    ],
    ['an oct JWK without a secret', { key: { kty: 'oct' } }, /need one of type oct/],
    ['a secret in a JWK of another type', { key: { kty: 'EC', k: 'x'.repeat(64) } }, /need one of type oct/],
    ['a short oct JWK', { key: { kty: 'oct', k: 'YWJj' } }, /has 3 bytes/],
    ['PEM as a secret', { key: pem }, /PEM or JSON/],
    ['PEM bytes as a secret', { key: Buffer.from(pem) }, /PEM or JSON/],
    [
      'DER as a secret',
      { key: publicKey.export({ type: 'spki', format: 'der' }) },
      /PEM or JSON text, or DER/,
    ],
    ['PEM after white space', { key: `\n ${pem}` }, /PEM or JSON/],
    ['JSON as a secret', { key: JSON.stringify(set) }, /PEM or JSON/],
    ['an OpenSSH key as a secret', { key: `ssh-ed25519 ${'A'.repeat(68)} ada@example` }, /PEM or JSON/],
    ['a public key for HS256', { key: publicKey }, /is a secret/],
    ['a public JWK for HS256', { key: jwkOf(publicKey) }, /need one of type oct/],
    ['a secret for ES256', { key: 'x'.repeat(64), algorithms: ['ES256'] }, /createPublicKey\(pem\)/],
    [
      'an oct JWK for ES256',
      { key: { kty: 'oct', k: 'x'.repeat(64) }, algorithms: ['ES256'] },
      /is a secret/,
    ],
    ['a private KeyObject', { key: privateKey, algorithms: ['ES256'] }, /a public one is needed/],
    ['a private JWK', { key: jwkOf(privateKey), algorithms: ['ES256'] }, /private JWK/],
    ['a key of another curve', { key: publicKey, algorithms: ['ES384'] }, /does not fit ES384/],
    ['a key that fits one of two', { key: publicKey, algorithms: ['ES256', 'ES384'] }, /does not fit ES384/],
    [
      'a key of another type',
      { key: publicKey, algorithms: ['RS256'] },
      /does not fit RS256, which needs RSA RSASSA-PKCS1-v1_5 SHA-256$/,
    ],
    [
      'an EC key for EdDSA',
      { key: publicKey, algorithms: ['EdDSA'] },
      /does not fit EdDSA, which needs OKP Ed25519$/,
    ],
    [
      'an Ed25519 key for ES256',
      { key: pairFor('EdDSA').publicKey, algorithms: ['ES256'] },
      /does not fit ES256, which needs EC ECDSA P-256$/,
    ],
    ['RSA of 1024 bits', { key: rsa1024, algorithms: ['RS256'] }, /1024 bits/],
    [
      'a broken JWK',
      { key: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, algorithms: ['ES256'] },
      /not a public JWK that can be imported/,
    ],
    ['HS256 with jwks', { key: undefined, jwks: set }, /HS algorithms need a secret/],
    ['an empty set', { key: undefined, jwks: { keys: [] }, algorithms: ['ES256'] }, /JWK Set of 1 to 100/],
    [
      'a set of 101',
      { key: undefined, jwks: { keys: Array(101).fill(set.keys[0]) }, algorithms: ['ES256'] },
      /1 to 100/,
    ],
    [
      'a set with a private key',
      { key: undefined, jwks: { keys: [jwkOf(privateKey)] }, algorithms: ['ES256'] },
      /public keys/,
    ],
    ['a set that is none', { key: undefined, jwks: 5, algorithms: ['ES256'] }, /JWK Set/],
    [
      'http to a public host',
      { key: undefined, jwks: 'http://id.example/jwks', algorithms: ['ES256'] },
      /https:\/\//,
    ],
    [
      'http to a host like localhost',
      { key: undefined, jwks: 'http://localhost.evil.example/', algorithms: ['ES256'] },
      /https:\/\//,
    ],
    [
      'http to a host that ends like localhost',
      { key: undefined, jwks: 'http://notlocalhost/', algorithms: ['ES256'] },
      /https:\/\//,
    ],
    [
      'a password in the URL',
      { key: undefined, jwks: 'https://:b@id.example/', algorithms: ['ES256'] },
      /`jwks` is a URL/,
    ],
    ['a set of nothing', { key: undefined, jwks: { keys: [null] }, algorithms: ['ES256'] }, /JWK Set/],
    ['a set of texts', { key: undefined, jwks: { keys: ['x'] }, algorithms: ['ES256'] }, /JWK Set/],
    ['a file URL', { key: undefined, jwks: 'file:///etc/jwks', algorithms: ['ES256'] }, /https:\/\//],
    [
      'a user name in the URL',
      { key: undefined, jwks: 'https://a:b@id.example/', algorithms: ['ES256'] },
      /user name/,
    ],
    ['no URL', { key: undefined, jwks: 'id.example/jwks', algorithms: ['ES256'] }, /https:\/\//],
    ['no issuer', { issuer: undefined }, /`issuer` is missing/],
    ['an empty issuer', { issuer: '' }, /`issuer` is a string/],
    ['no audience', { audience: undefined }, /`audience` is missing/],
    ['an empty list of audiences', { audience: [] }, /`audience` is a string/],
    ['true as an audience', { audience: true }, /`audience` is a string/],
    ['a leeway of more than 60 s', { leewayMs: 60_001 }, /`leewayMs` is 0 to 60_000/],
    ['a negative leeway', { leewayMs: -1 }, /`leewayMs`/],
    ['a leeway of text', { leewayMs: '5000' }, /`leewayMs` is 0 to 60_000/],
    ['NaN as leeway', { leewayMs: Number.NaN }, /`leewayMs`/],
    ['no lifetime', { maxLifetimeMs: 0 }, /`maxLifetimeMs`/],
    ['an endless lifetime', { maxLifetimeMs: Number.POSITIVE_INFINITY }, /`maxLifetimeMs`/],
    ['a negative cacheSize', { cacheSize: -1 }, /`cacheSize`/],
    ['a typ that is empty', { typ: '' }, /`typ`/],
    ['required claims that are no list', { requiredClaims: 'tenant' }, /`requiredClaims`/],
    ['required claims that are no names', { requiredClaims: [5] }, /`requiredClaims`/],
    ['a userId that is no function', { userId: 'email' }, /`userId` is a function/],
  ])('%s', (_, options, message) => {
    const make = (): Verifier => jwtVerifier({ ...base, ...options } as unknown as JwtVerifierOptions)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  const { subtle } = webcrypto
  const hmac = (bytes: number, hash: string, usages: ('sign' | 'verify')[] = ['verify']) =>
    subtle.importKey('raw', new Uint8Array(bytes), { name: 'HMAC', hash }, false, usages)
  const rsa = (name: string, hash: string) =>
    subtle.importKey('jwk', jwkOf(pairFor('RS256').publicKey), { name, hash }, false, ['verify'])
  it.each<[string, () => Promise<webcrypto.CryptoKey>, Algorithm, RegExp]>([
    ['a secret of 31 bytes', () => hmac(31, 'SHA-256'), 'HS256', /has 31 bytes, but HS256 needs 32/],
    ['a secret for another hash', () => hmac(64, 'SHA-512'), 'HS256', /does not fit HS256/],
    ['a secret that only signs', () => hmac(32, 'SHA-256', ['sign']), 'HS256', /may not verify/],
    ['a key pair for HS256', () => rsa('RSA-PSS', 'SHA-256'), 'HS256', /does not fit HS256/],
    ['an RSA key for another hash', () => rsa('RSASSA-PKCS1-v1_5', 'SHA-384'), 'RS256', /does not fit RS256/],
    ['an RSA key for another padding', () => rsa('RSA-PSS', 'SHA-256'), 'RS256', /does not fit RS256/],
    [
      'an RSA key of 1024 bits',
      () => subtle.importKey('jwk', jwkOf(rsa1024), { name: 'RSA-PSS', hash: 'SHA-256' }, false, ['verify']),
      'PS256',
      /1024 bits/,
    ],
    [
      'a key of another curve',
      () =>
        subtle.importKey(
          'jwk',
          jwkOf(pairFor('ES384').publicKey),
          { name: 'ECDSA', namedCurve: 'P-384' },
          false,
          ['verify'],
        ),
      'ES256',
      /does not fit ES256/,
    ],
  ])('a CryptoKey that is %s', async (_, make, algorithm, message) => {
    const key = await make()
    const options = { ...base, key, algorithms: [algorithm] } as JwtVerifierOptions
    expect(() => jwtVerifier(options)).toThrow(message)
  })

  it('no secret for being made of digits', () => {
    expect(() => jwtVerifier({ ...base, key: '1234567890'.repeat(4) })).not.toThrow()
  })

  it.each([undefined, null, 'secret'])('%j in the place of options', (options) => {
    expect(() => jwtVerifier(options as unknown as JwtVerifierOptions)).toThrow(/options are missing/)
  })

  it('keys without a word of them', () => {
    const make = () => jwtVerifier({ ...base, key: 'planted-secret' })
    expect(make).toThrow(expect.not.objectContaining({ message: expect.stringContaining('planted') }))
  })
})
