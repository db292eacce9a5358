import { inspect } from 'node:util'
import { AuthError, bearerSubprotocol, isAuthError, secret } from '@wsauth/protocol'
import { describe, expect, it, vi } from 'vitest'
import {
  audience,
  forge,
  forgeClaims,
  forgeHeader,
  issuer,
  nowMs,
  nowS,
  secretKey,
} from '../test/support/forge.ts'
import { forgedTokens } from '../test/support/forged-tokens.ts'
import { type RawRequest, upgradeRequest } from '../test/support/requests.ts'
import { type AuthenticateOptions, authenticate } from './authenticate.ts'
import type { Limiter } from './limiters/limiter.ts'
import { MemoryLimiter } from './limiters/memory.ts'
import { cookie } from './methods/cookie.ts'
import { firstMessage } from './methods/first-message.ts'
import { header } from './methods/header.ts'
import { findCredential, type Method, type MethodName } from './methods/method.ts'
import { query } from './methods/query.ts'
import { subprotocol } from './methods/subprotocol.ts'
import { ticket } from './methods/ticket.ts'
import { MemoryRevocations } from './stores/memory-revocations.ts'
import { MemoryTicketStore } from './stores/memory-tickets.ts'
import type { Revocation, RevocationStore } from './stores/revocation-store.ts'
import { ticketEndpoint } from './ticket-endpoint.ts'
import { issueTicket } from './tickets/issue.ts'
import { jwtVerifier } from './verifiers/jwt.ts'
import { requireScope } from './verifiers/require-scope.ts'
import type { Verifier } from './verifiers/verifier.ts'

const now = () => nowMs
const signal = new AbortController().signal
const verifier = jwtVerifier({ key: secretKey, algorithms: ['HS256'], issuer, audience, now })
const base: AuthenticateOptions = { verifier, tokenBytes: 8_192, now }
const tokenFor = (claims: Record<string, unknown> = {}) => forgeClaims({ exp: nowS + 50, ...claims })
const good = tokenFor()

/** What a client sends that presents `token` this way. */
const requests: Record<Exclude<MethodName, 'firstMessage' | 'ticket'>, (token: string) => RawRequest> = {
  header: (token) => ({ headers: [['Authorization', `Bearer ${token}`]] }),
  cookie: (token) => ({ headers: [['Cookie', `session=${encodeURIComponent(token)}`]] }),
  query: (token) => ({ url: `/ws?token=${encodeURIComponent(token)}` }),
  subprotocol: (token) => ({
    headers: [['Sec-WebSocket-Protocol', `${bearerSubprotocol(token)}, wsauth.v1`]],
  }),
}

async function errorOr(work: () => Promise<string>): Promise<string> {
  try {
    return await work()
  } catch (error) {
    return isAuthError(error) ? error.error : inspect(error)
  }
}

async function through(method: Method, raw: RawRequest, options: AuthenticateOptions): Promise<string> {
  const request = upgradeRequest(raw)
  const finding = findCredential([method], request, options)
  if (finding.type === 'refused') return finding.error
  if (finding.type === 'none') return 'none'
  const credential = { token: finding.token, method }
  return (await authenticate(options, credential, { request, signal, reason: 'connect' })).userId
}

/** The verdict on a token that is presented by that method, all the way from the request. */
function verdict(name: MethodName, token: string, options: AuthenticateOptions = base): Promise<string> {
  return errorOr(async () => {
    if (name === 'firstMessage') {
      const credential = { token: secret(token), method: firstMessage() }
      const request = upgradeRequest()
      return (await authenticate(options, credential, { request, signal, reason: 'connect' })).userId
    }
    if (name === 'ticket') {
      const store = new MemoryTicketStore({ now })
      const { verifier, revocations, limiter } = options
      const parts = { ...(revocations ? { revocations } : {}), ...(limiter ? { limiter } : {}) }
      const endpoint = ticketEndpoint({ verifier, store, origins: [], now, ...parts })
      const headers = { authorization: `Bearer ${token}` }
      const response = await endpoint(new Request('https://api.example/', { method: 'POST', headers }), {
        address: '192.0.2.1',
      })
      const answer = await response.json()
      return (
        answer.error ?? (await through(ticket({ store }), { url: `/ws?ticket=${answer.ticket}` }, options))
      )
    }
    const method = { header, cookie, query, subprotocol }[name]()
    return through(method, requests[name](token), options)
  })
}

const methods: readonly MethodName[] = ['firstMessage', 'header', 'cookie', 'query', 'subprotocol', 'ticket']
const answering = (answer: unknown): AuthenticateOptions => ({
  ...base,
  verifier: (() => answer) as Verifier,
})
const throwing = (error: unknown): AuthenticateOptions => ({
  ...base,
  verifier: async () => {
    throw error
  },
})
const revoking = (revocation: Partial<Revocation>): AuthenticateOptions => {
  const revocations = new MemoryRevocations({ now })
  void revocations.add({ issuedBeforeMs: nowMs, marginMs: 0, expiresAtMs: nowMs + 60_000, ...revocation })
  return { ...base, revocations }
}
const broken = (): never => {
  throw new Error('planted-secret')
}
const limiting = (of: Partial<Limiter>): AuthenticateOptions => ({
  ...base,
  limiter: { waitMs: () => 0, failed: () => undefined, succeeded: () => undefined, ...of },
})

describe('8. the same token gets the same verdict whichever way it comes', () => {
  it.each<[condition: string, token: string, verdict: string, options?: AuthenticateOptions]>([
    ['good', good, 'ada'],
    [
      'good, typ JWT',
      forgeHeader(
        { typ: 'JWT' },
        { payload: JSON.parse(Buffer.from(good.split('.')[1] ?? '', 'base64url').toString()) },
      ),
      'ada',
    ],
    ['expired within the leeway', tokenFor({ exp: nowS - 4 }), 'ada'],
    ['expired', tokenFor({ exp: nowS - 5 }), 'invalid_token'],
    ['without an end', tokenFor({ exp: undefined }), 'invalid_token'],
    ['living for 25 hours', tokenFor({ exp: nowS + 90_000 }), 'invalid_token'],
    ['not valid yet', tokenFor({ nbf: nowS + 6 }), 'invalid_token'],
    ['issued in the future', tokenFor({ iat: nowS + 6 }), 'invalid_token'],
    ['of another issuer', tokenFor({ iss: 'https://else.example' }), 'invalid_token'],
    ['for another audience', tokenFor({ aud: 'mail' }), 'invalid_token'],
    ['for nobody', tokenFor({ sub: undefined }), 'invalid_token'],
    ['for a user with a long name', tokenFor({ sub: 'x'.repeat(257) }), 'invalid_token'],
    ['of another key', forge({ key: 'x'.repeat(32) }), 'invalid_token'],
    [
      'unsigned',
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`,
      'invalid_token',
    ],
    ['of another algorithm', forgeHeader({ alg: 'HS512' }, { signedAs: 'HS512' }), 'invalid_token'],
    ['of another type', forgeHeader({ typ: 'dpop+jwt' }), 'invalid_token'],
    ['with a critical extension', forgeHeader({ crit: ['x'], x: 1 }), 'invalid_token'],
    ['with a long kid', forgeHeader({ kid: 'k'.repeat(129) }), 'invalid_token'],
    ['cut short', good.slice(0, -4), 'invalid_token'],
    ['with padding', `${good}=`, 'invalid_token'],
    ['opaque', 'opaque-token', 'invalid_token'],
    ['beyond 8 KiB', tokenFor({ padding: 'x'.repeat(8_192) }), 'invalid_token'],
    ['whose user was revoked', good, 'invalid_token', revoking({ userId: 'ada' })],
    ['whose session was revoked', good, 'invalid_token', revoking({ sessionId: 'session-1' })],
    ['that was revoked itself', good, 'invalid_token', revoking({ tokenId: 'token-1' })],
    [
      'issued in the second of the revocation',
      tokenFor({ iat: nowS }),
      'invalid_token',
      revoking({ userId: 'ada' }),
    ],
    ['issued after the revocation', tokenFor({ iat: nowS + 1 }), 'ada', revoking({ userId: 'ada' })],
    ['while another user is revoked', good, 'ada', revoking({ userId: 'bob' })],
    [
      'while the revocations cannot be read',
      good,
      'temporarily_unavailable',
      { ...base, revocations: { isRevoked: broken } as unknown as RevocationStore },
    ],
    ['without the scope', good, 'insufficient_scope', { ...base, verifier: requireScope(verifier, 'chat') }],
    [
      'with the scope',
      tokenFor({ scope: 'chat' }),
      'ada',
      { ...base, verifier: requireScope(verifier, 'chat') },
    ],
    ['that the application refuses', good, 'access_denied', throwing(new AuthError('access_denied'))],
    [
      'while the application slows down',
      good,
      'slow_down',
      throwing(new AuthError('slow_down', { retryAfterMs: 5 })),
    ],
    [
      'while the verifier breaks',
      good,
      'temporarily_unavailable',
      throwing(new RangeError('planted-secret')),
    ],
    [
      'that the verifier refuses with a name of its own',
      good,
      'temporarily_unavailable',
      throwing(new AuthError('nope' as 'timeout')),
    ],
    ['while the verifier throws no error', good, 'temporarily_unavailable', throwing('planted-secret')],
    ['of which the verifier says nothing', good, 'invalid_token', answering(undefined)],
    ['of which the verifier says null', good, 'invalid_token', answering(null)],
    [
      'for a userId that is a number',
      good,
      'temporarily_unavailable',
      answering({ userId: 5, expiresAt: nowMs + 1 }),
    ],
    ['for an empty userId', good, 'temporarily_unavailable', answering({ userId: '', expiresAt: nowMs + 1 })],
    [
      'that the verifier says has ended',
      good,
      'invalid_token',
      answering({ userId: 'ada', expiresAt: nowMs }),
    ],
    [
      'with a time that is none',
      good,
      'temporarily_unavailable',
      answering({ userId: 'ada', expiresAt: Number.NaN }),
    ],
    ['from a client that has to wait', good, 'slow_down', limiting({ waitMs: () => 5 })],
    ['while the limiter breaks', good, 'temporarily_unavailable', limiting({ waitMs: broken })],
    [
      'while it cannot be counted',
      good,
      'ada',
      limiting({ succeeded: () => Promise.reject(new Error('planted')) }),
    ],
    [
      'while a failure cannot be counted',
      tokenFor({ exp: 1 }),
      'invalid_token',
      limiting({ failed: () => Promise.reject(new Error('planted')) }),
    ],
  ])('a token %s', async (_, token, expected, options) => {
    const verdicts = await Promise.all(
      methods.map(async (name) => [name, await verdict(name, token, options)]),
    )
    expect(verdicts).toEqual(methods.map((name) => [name, expected]))
  })

  it.each(methods)('none of the forged tokens is taken by %s', async (name) => {
    for (const [forgery, token] of forgedTokens) {
      // A header cannot carry every text: blanks around a token are not part of it.
      if ((name === 'ticket' || name === 'header') && !/^[\x21-\x7e]*$/.test(token)) continue
      expect([forgery, await verdict(name, token)]).toEqual([
        forgery,
        expect.stringMatching(/^(invalid_token|invalid_request|none)$/),
      ])
    }
  })

  it('but a query token has to end soon', async () => {
    const long = forgeClaims({ exp: nowS + 61 })
    expect(await verdict('header', long)).toBe('ada')
    expect(await verdict('query', long)).toBe('invalid_token')
    expect(await verdict('query', forgeClaims({ exp: nowS + 60 }))).toBe('ada')
  })
})

describe('authenticate', () => {
  const context = { request: upgradeRequest(), signal, reason: 'connect' as const }
  const credential = { token: secret(good), method: header() }

  it('checks the size before the verifier sees anything, in bytes', async () => {
    const asked = vi.fn(() => ({ userId: 'ada' }))
    const sized = (token: string) =>
      errorOr(
        async () =>
          (
            await authenticate(
              { verifier: asked, tokenBytes: 10 },
              { token: secret(token), method: header() },
              context,
            )
          ).userId,
      )
    expect([await sized('x'.repeat(11)), await sized('é'.repeat(6)), await sized('')]).toEqual([
      'invalid_token',
      'invalid_token',
      'invalid_token',
    ])
    expect(asked).not.toHaveBeenCalled()
    expect(await sized('é'.repeat(5))).toBe('ada')
  })

  it('reads nothing out of a token that is too long, not even for the limiter', async () => {
    const waitMs = vi.fn(() => 0)
    const options = { ...base, ...limiting({ waitMs }), tokenBytes: 10 }
    expect(await errorOr(async () => (await authenticate(options, credential, context)).userId)).toBe(
      'invalid_token',
    )
    expect(waitMs).not.toHaveBeenCalled()
  })

  it.each<[string, unknown]>([
    ['another error', new RangeError('planted')],
    ['an error of no table', new AuthError('nope' as 'timeout')],
  ])('says temporarily_unavailable for whatever else a part throws: %s', async (_, thrown) => {
    const method: Method = {
      ...header(),
      check: () => {
        throw thrown
      },
    }
    const asked = async () => authenticate(base, { ...credential, method }, context)
    await expect(asked()).rejects.toMatchObject({
      error: 'temporarily_unavailable',
      message: expect.stringMatching(/^a part of the server threw/),
    })
  })

  it('redeems tickets of its verifier’s where no store is named, and of nobody else’s', async () => {
    const headers = { authorization: `Bearer ${good}` }
    const ask = () => new Request('https://api.example/', { method: 'POST', headers })
    const ticketOf = async (asked: Verifier) =>
      (await (await ticketEndpoint({ verifier: asked, origins: [] })(ask())).json()).ticket
    const twin: Verifier = (token, of) => verifier(token, of)
    const redeem = async (presented: string) =>
      errorOr(() => through(ticket(), { url: `/ws?ticket=${presented}` }, { verifier, tokenBytes: 8_192 }))
    expect(await redeem(await ticketOf(verifier))).toBe('ada')
    expect(await redeem(await ticketOf(twin))).toBe('invalid_token')
  })

  it('hands the verifier what it may know, and no more of the request', async () => {
    const asked = vi.fn<Verifier>(() => ({ userId: 'ada' }))
    await authenticate({ ...base, verifier: asked }, credential, context)
    expect(asked).toHaveBeenCalledWith(good, {
      method: 'header',
      signal,
      reason: 'connect',
      request: context.request,
    })
  })

  it('gives a principal that is frozen, its claims without a prototype', async () => {
    const custom = answering({ userId: 'ada', claims: { role: 'user' }, password: 'planted' })
    const principal = await authenticate(custom, credential, context)
    expect(principal).toEqual({ userId: 'ada', claims: { role: 'user' } })
    expect(Object.isFrozen(principal) && Object.isFrozen(principal.claims)).toBe(true)
    expect(Object.getPrototypeOf(principal.claims)).toBe(null)
  })

  it('looks at a live session by revalidate where there is one, else verifies again', async () => {
    const live = { userId: 'ada' }
    const revalidate = vi.fn(() => ({ userId: 'again' }))
    const both = Object.assign(() => ({ userId: 'verified' }), { revalidate })
    const again = { ...context, reason: 'revalidate' as const }
    expect((await authenticate({ ...base, verifier: both }, credential, again, live)).userId).toBe('again')
    expect(revalidate).toHaveBeenCalledWith(good, live, expect.objectContaining({ reason: 'revalidate' }))
    expect((await authenticate(base, credential, again, live)).userId).toBe('ada')
  })

  it('asks no verifier for a client that has to wait, and says for how long', async () => {
    const asked = vi.fn(() => ({ userId: 'ada' }))
    const options = { ...limiting({ waitMs: () => 4_321 }), verifier: asked }
    await expect((async () => authenticate(options, credential, context))()).rejects.toMatchObject({
      error: 'slow_down',
      details: { retryAfterMs: 4_321 },
    })
    expect(asked).not.toHaveBeenCalled()
  })

  it('counts refusals of the credential, not failures of the server', async () => {
    const failed = vi.fn()
    const succeeded = vi.fn()
    const counts = limiting({ failed, succeeded })
    await errorOr(
      () =>
        authenticate({ ...throwing(new Error('x')), limiter: counts.limiter }, credential, context) as never,
    )
    await errorOr(
      () =>
        authenticate(
          { ...throwing(new AuthError('access_denied')), limiter: counts.limiter },
          credential,
          context,
        ) as never,
    )
    expect([failed.mock.calls.length, succeeded.mock.calls.length]).toEqual([0, 0])
    await errorOr(
      () => authenticate({ ...answering(undefined), limiter: counts.limiter }, credential, context) as never,
    )
    await authenticate(counts, credential, context)
    expect([failed.mock.calls.length, succeeded.mock.calls.length]).toEqual([1, 1])
    expect(failed.mock.calls[0]?.[0].subject()).toBe('ada')
  })

  it('4.2 counts a cookie apart: whose it was does not pay for a stale one with the credential that follows', async () => {
    const failed = vi.fn()
    const { limiter } = limiting({ failed })
    const refuse = (method: Method, token: string) =>
      errorOr(
        () =>
          authenticate(
            { ...answering(undefined), limiter },
            { token: secret(token), method },
            context,
          ) as never,
      )
    await refuse(cookie(), good)
    await refuse(header(), good)
    await refuse(cookie(), tokenFor({ sub: undefined }))
    expect(failed.mock.calls.map(([attempt]) => attempt.subject())).toEqual(['cookie ada', 'ada', undefined])
  })

  it('one who forges tokens locks out neither neighbours nor the user elsewhere', async () => {
    const options = { ...base, limiter: new MemoryLimiter() }
    const from = (address: string, token: string) => {
      const request = upgradeRequest({ address })
      return errorOr(
        async () =>
          (await authenticate(options, { token: secret(token), method: header() }, { ...context, request }))
            .userId,
      )
    }
    const bob = tokenFor({ sub: 'bob' })
    expect(await from('192.0.2.1', bob)).toBe('bob')
    const forgery = tokenFor().replace(/.{8}$/, 'AAAAAAAA')
    const verdicts: string[] = []
    for (let n = 0; n < 11; n++) verdicts.push(await from('192.0.2.1', forgery))
    expect(verdicts).toEqual([...Array(10).fill('invalid_token'), 'slow_down'])
    for (let n = 0; n < 90; n++) await from('192.0.2.1', 'x.y.z')
    expect(await from('192.0.2.1', tokenFor({ sub: 'new' }))).toBe('slow_down')
    expect(await from('192.0.2.1', bob)).toBe('bob')
    expect(await from('192.0.2.2', good)).toBe('ada')
  })

  it('nor neighbours who come by ticket, which names nobody before it is redeemed', async () => {
    const options = { ...base, limiter: new MemoryLimiter() }
    const store = new MemoryTicketStore({ now })
    const request = upgradeRequest({ address: '192.0.2.1' })
    const redeem = (token: string) =>
      errorOr(async () => {
        const credential = { token: secret(token), method: ticket({ store }) }
        return (await authenticate(options, credential, { ...context, request })).userId
      })
    const ticketOf = async (userId: string) =>
      (await issueTicket({ store, principal: { userId, claims: { sub: userId } }, now })).ticket
    expect(await redeem(await ticketOf('bob'))).toBe('bob')
    const forgery = { token: secret('x.y.z'), method: header() }
    for (let n = 0; n < 100; n++) {
      await errorOr(async () => (await authenticate(options, forgery, { ...context, request })).userId)
    }
    expect(await redeem(await ticketOf('bob'))).toBe('bob')
    expect(await redeem(await ticketOf('new'))).toBe('slow_down')
    expect(await redeem('A'.repeat(43))).toBe('slow_down')
  })

  it('never tells a piece of a credential in what it throws', async () => {
    const planted = forgeClaims({ exp: 1, secret: 'planted-secret' })
    const cases = [
      base,
      throwing(new Error(`planted-secret ${planted}`)),
      answering({ userId: 5, token: planted }),
    ]
    for (const options of cases) {
      const presented = { token: secret(planted), method: header() }
      const thrown: unknown = await (async () => authenticate(options, presented, context))().catch(
        (error: unknown) => error,
      )
      const told =
        inspect(thrown, { depth: 9, showHidden: true }) + JSON.stringify(thrown) + (thrown as Error).stack
      for (const piece of ['planted', ...planted.split('.').map((part) => part.slice(0, 8))])
        expect(told).not.toContain(piece)
    }
  })
})
