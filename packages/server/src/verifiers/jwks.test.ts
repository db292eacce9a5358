import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isAuthError } from '@wsauth/protocol'
import { describe, expect, it, vi } from 'vitest'
import { audience, forge, goodClaims, issuer, nowMs, pairFor } from '../../test/support/forge.ts'
import { jwtVerifier } from './jwt.ts'
import type { Verifier, VerifierContext } from './verifier.ts'

const context: VerifierContext = { method: 'header', signal: new AbortController().signal, reason: 'connect' }
const jwks = 'https://id.example/jwks'
const jwkOf = (name: string, more: object = {}) => ({
  ...pairFor('ES256', name).publicKey.export({ format: 'jwk' }),
  kid: name,
  ...more,
})
const tokenOf = (name: string, header: object = { kid: name }) =>
  forge({ header: { alg: 'ES256', ...header }, signedAs: 'ES256', key: pairFor('ES256', name).privateKey })

async function verdict(verifier: Verifier, token: string): Promise<unknown> {
  try {
    await verifier(token, context)
    return 'accepted'
  } catch (error) {
    return isAuthError(error) ? error.error : error
  }
}

/** A JWK Set endpoint that answers as `answer` says now, and a verifier on it whose clock the test moves. */
function endpoint(first: () => unknown = () => ({ keys: [jwkOf('a')] })) {
  const remote = {
    aheadMs: 0,
    answer: first,
  }
  const state = {
    fetch: vi.fn<typeof fetch>(async () => {
      const answer = remote.answer()
      return answer instanceof Response ? answer : Response.json(answer)
    }),
  }
  const now = () => nowMs + remote.aheadMs
  const verifier = jwtVerifier({ jwks, algorithms: ['ES256'], issuer, audience, fetch: state.fetch, now })
  return Object.assign(remote, state, { verifier })
}
const down = () => {
  throw new Error('planted-secret: the endpoint is down')
}

describe('a remote JWK Set', () => {
  it('is read once for many tokens, without following redirects', async () => {
    const remote = endpoint()
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, () => verdict(remote.verifier, tokenOf('a'))),
    )
    expect(new Set(verdicts)).toEqual(new Set(['accepted']))
    expect(remote.fetch).toHaveBeenCalledTimes(1)
    expect(remote.fetch.mock.calls[0]?.[1]).toMatchObject({ redirect: 'error' })
  })

  it('is not read before there is a token', () => {
    expect(endpoint().fetch).not.toHaveBeenCalled()
  })

  it('is read again for a kid that it does not know, but not twice in 30 s', async () => {
    const remote = endpoint()
    await verdict(remote.verifier, tokenOf('a'))
    remote.answer = () => ({ keys: [jwkOf('a'), jwkOf('b')] })
    expect(await verdict(remote.verifier, tokenOf('b'))).toBe('invalid_token')
    remote.aheadMs = 29_999
    expect(await verdict(remote.verifier, tokenOf('b'))).toBe('invalid_token')
    expect(remote.fetch).toHaveBeenCalledTimes(1)
    remote.aheadMs = 30_000
    expect(await verdict(remote.verifier, tokenOf('b'))).toBe('accepted')
    expect(remote.fetch).toHaveBeenCalledTimes(2)
  })

  describe('a key that the issuer has just taken up, while the set may not be read yet', () => {
    const newer = (name: string, claims: object) =>
      forge({
        header: { alg: 'ES256', kid: name },
        payload: { ...goodClaims, ...claims },
        signedAs: 'ES256',
        key: pairFor('ES256', name).privateKey,
      })
    const iat = (aheadMs: number) => ({ iat: (nowMs + aheadMs) / 1000 })
    const readOnce = async () => {
      const remote = endpoint()
      await verdict(remote.verifier, tokenOf('a'))
      remote.aheadMs = 6_000
      return remote
    }

    it('does not make a bad token: it is to be presented again, when the set may be read', async () => {
      const remote = await readOnce()
      remote.answer = () => ({ keys: [jwkOf('a'), jwkOf('b')] })
      const token = newer('b', iat(6_000))
      const asked = Promise.resolve(remote.verifier(token, context))
      await expect(asked).rejects.toMatchObject({
        error: 'temporarily_unavailable',
        details: { retryAfterMs: 24_000 },
      })
      expect(remote.fetch).toHaveBeenCalledTimes(1)
      remote.aheadMs = 30_000
      expect(await verdict(remote.verifier, token)).toBe('accepted')
      expect(remote.fetch).toHaveBeenCalledTimes(2)
    })

    it('is believed of 1,000 tokens: the limiter is to count the forged ones', async () => {
      const remote = await readOnce()
      const token = newer('b', iat(6_000))
      const verdicts: unknown[] = []
      for (let n = 0; n < 1_001; n++) verdicts.push(await verdict(remote.verifier, token))
      expect(new Set(verdicts.slice(0, 1_000))).toEqual(new Set(['temporarily_unavailable']))
      expect(verdicts[1_000]).toBe('invalid_token')
    })

    it('is none where a set that was read for the token does not have it', async () => {
      const remote = await readOnce()
      remote.aheadMs = 30_000
      const tokens = ['b', 'c'].map((name) => newer(name, iat(30_000)))
      const verdicts = await Promise.all(tokens.map((token) => verdict(remote.verifier, token)))
      expect(verdicts).toEqual(['invalid_token', 'invalid_token'])
    })

    it.each<[string, object]>([
      ['is older than the set', iat(-6_000)],
      ['does not say when it was made', { iat: undefined }],
      ['says so in no number', { iat: 'now' }],
    ])('is none where the token %s', async (_, claims) => {
      const remote = await readOnce()
      expect(await verdict(remote.verifier, newer('b', claims))).toBe('invalid_token')
    })
  })

  it('is not read for forged kids more than once in 30 s, whatever their number', async () => {
    const remote = endpoint()
    await verdict(remote.verifier, tokenOf('a'))
    remote.aheadMs = 60_000
    for (let n = 0; n < 50; n++) {
      expect(await verdict(remote.verifier, tokenOf('b', { kid: `forged-${n}` }))).toBe('invalid_token')
    }
    expect(remote.fetch).toHaveBeenCalledTimes(2)
  })

  it('is not asked more than once in 30 s while it fails, and recovers by itself', async () => {
    const remote = endpoint(down)
    for (let n = 0; n < 20; n++)
      expect(await verdict(remote.verifier, tokenOf('a'))).toBe('temporarily_unavailable')
    expect(remote.fetch).toHaveBeenCalledTimes(1)
    remote.aheadMs = 30_000
    remote.answer = () => ({ keys: [jwkOf('a')] })
    expect(await verdict(remote.verifier, tokenOf('a'))).toBe('accepted')
  })

  it('keeps known keys for an hour through an outage, then is unavailable', async () => {
    const remote = endpoint()
    await verdict(remote.verifier, tokenOf('a'))
    remote.answer = down
    const at = (aheadMs: number) => {
      remote.aheadMs = aheadMs
      const token = forge({
        header: { alg: 'ES256', kid: 'a' },
        payload: { iss: issuer, aud: audience, sub: 'ada', exp: Math.floor((nowMs + aheadMs) / 1000) + 60 },
        signedAs: 'ES256',
        key: pairFor('ES256', 'a').privateKey,
      })
      return verdict(remote.verifier, token)
    }
    for (const minutes of [6, 12, 30, 59]) expect(await at(minutes * 60_000)).toBe('accepted')
    expect(await at(60 * 60_000)).toBe('temporarily_unavailable')
    remote.answer = () => ({ keys: [jwkOf('a')] })
    expect(await at(61 * 60_000)).toBe('accepted')
  })

  it('cannot know a new kid during an outage, so it does not call the token bad', async () => {
    const remote = endpoint()
    await verdict(remote.verifier, tokenOf('a'))
    remote.answer = down
    remote.aheadMs = 30_000
    expect(await verdict(remote.verifier, tokenOf('b'))).toBe('temporarily_unavailable')
    expect(await verdict(remote.verifier, tokenOf('a'))).toBe('accepted')
  })

  it('withdraws a key that the issuer withdrew, after five minutes at most', async () => {
    const remote = endpoint(() => ({ keys: [jwkOf('a'), jwkOf('b')] }))
    expect(await verdict(remote.verifier, tokenOf('b'))).toBe('accepted')
    remote.answer = () => ({ keys: [jwkOf('a')] })
    remote.aheadMs = 299_999
    expect(await verdict(remote.verifier, tokenOf('b'))).toBe('accepted')
    remote.aheadMs = 300_000
    expect(await verdict(remote.verifier, tokenOf('b'))).toBe('invalid_token')
  })

  it.each<[string, () => unknown]>([
    ['a 404', () => new Response('{}', { status: 404 })],
    ['a 204', () => new Response(null, { status: 204 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } })],
    ['HTML', () => new Response('<html>')],
    ['an empty object', () => ({})],
    ['no keys', () => ({ keys: [] })],
    ['null', () => null],
    ['keys that are strings', () => ({ keys: ['a'] })],
    ['101 keys', () => ({ keys: Array.from({ length: 101 }, (_, n) => jwkOf('a', { kid: `${n}` })) })],
    ['more than 64 KiB', () => ({ keys: [jwkOf('a')], padding: 'x'.repeat(65_536) })],
    [
      'a private key',
      () => ({ keys: [{ ...pairFor('ES256', 'a').privateKey.export({ format: 'jwk' }), kid: 'a' }] }),
    ],
    ['a secret', () => ({ keys: [jwkOf('a'), { kty: 'oct', k: 'AAAA', kid: 'b' }] })],
    ['an endpoint that is down', down],
  ])('%s is temporarily_unavailable, and nothing of it is told', async (_, answer) => {
    const remote = endpoint(answer)
    expect(await verdict(remote.verifier, tokenOf('a'))).toBe('temporarily_unavailable')
    const error: unknown = await Promise.resolve(remote.verifier(tokenOf('a'), context)).catch(
      (thrown: unknown) => thrown,
    )
    expect(JSON.stringify(error) + (error as Error).stack).not.toContain('planted')
  })

  it('tells the operator of an answer that is no JWK Set, such as the discovery document', async () => {
    const messageOf = async (answer: () => unknown) => {
      const { verifier } = endpoint(answer)
      const error: unknown = await Promise.resolve(verifier(tokenOf('a'), context)).catch((thrown) => thrown)
      return isAuthError(error) ? error.details.message : error
    }
    expect(await messageOf(() => ({ issuer, jwks_uri: jwks }))).toContain('is it jwks_uri of the discovery')
    expect(await messageOf(down)).toBe('the JWK Set cannot be read')
  })

  it('finds the key of a token without kid where one fits', async () => {
    const remote = endpoint(() => ({
      keys: [jwkOf('a'), { ...pairFor('RS256').publicKey.export({ format: 'jwk' }), kid: 'r' }],
    }))
    expect(await verdict(remote.verifier, tokenOf('a', {}))).toBe('accepted')
  })

  it('tries up to four keys for a token without kid, no more', async () => {
    const four = endpoint(() => ({ keys: ['b', 'c', 'd', 'a'].map((name) => jwkOf(name)) }))
    expect(await verdict(four.verifier, tokenOf('a', {}))).toBe('accepted')
    const five = endpoint(() => ({ keys: ['b', 'c', 'd', 'e', 'a'].map((name) => jwkOf(name)) }))
    expect(await verdict(five.verifier, tokenOf('a', {}))).toBe('invalid_token')
  })

  it.each<[string, object]>([
    ['is for encryption', { use: 'enc' }],
    ['is for another algorithm', { alg: 'ES384' }],
    ['may not verify', { key_ops: ['sign'] }],
  ])('does not use a key that %s', async (_, more) => {
    const remote = endpoint(() => ({ keys: [jwkOf('a', more)] }))
    expect(await verdict(remote.verifier, tokenOf('a'))).toBe('invalid_token')
  })

  it('over real HTTP: a redirect is not followed, and a set is read', async () => {
    let hits = 0
    const server = createServer((request, response) => {
      hits += 1
      if (request.url === '/redirect') response.writeHead(302, { location: '/jwks' }).end()
      else response.end(JSON.stringify({ keys: [jwkOf('a')] }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const at = (path: string) =>
      jwtVerifier({
        jwks: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
        algorithms: ['ES256'],
        issuer,
        audience,
        now: () => nowMs,
      })
    try {
      expect(await verdict(at('/jwks'), tokenOf('a'))).toBe('accepted')
      expect(await verdict(at('/redirect'), tokenOf('a'))).toBe('temporarily_unavailable')
      expect(hits).toBe(2)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('gives up on an endpoint that does not answer', async () => {
    const aborted = vi.fn()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(AbortSignal.abort())
    const hanging: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        aborted(init?.signal?.aborted)
        if (init?.signal?.aborted) reject(new Error('aborted'))
      })
    const verifier = jwtVerifier({
      jwks,
      algorithms: ['ES256'],
      issuer,
      audience,
      fetch: hanging,
      now: () => nowMs,
    })
    expect(await verdict(verifier, tokenOf('a'))).toBe('temporarily_unavailable')
    expect(AbortSignal.timeout).toHaveBeenCalledWith(3_000)
    expect(aborted).toHaveBeenCalledWith(true)
    vi.restoreAllMocks()
  })
})
