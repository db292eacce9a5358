import { inspect } from 'node:util'
import { isAuthError } from '@wsauth/protocol'
import { describe, expect, it, vi } from 'vitest'
import { nowMs, nowS } from '../../test/support/forge.ts'
import { verifierCases } from '../testing/verifier-cases.ts'
import { type IntrospectionOptions, introspection } from './introspection.ts'
import type { Verifier, VerifierContext } from './verifier.ts'

const context: VerifierContext = { method: 'header', signal: new AbortController().signal, reason: 'connect' }
const good = 'opaque-token-of-ada'
const active = {
  active: true,
  sub: 'ada',
  exp: nowS + 600,
  scope: 'chat',
  iss: 'https://id.example',
  aud: 'chat',
}

async function verdict(verifier: Verifier, token: string): Promise<unknown> {
  try {
    return (await verifier(token, context)).userId
  } catch (error) {
    return isAuthError(error) ? error.error : error
  }
}

/** An authorization server that knows one token, and a verifier whose clock the test moves. */
function server(options: Partial<IntrospectionOptions> = {}) {
  const remote = {
    aheadMs: 0,
    answer: (token: string | null): unknown => (token === good ? active : { active: false }),
  }
  const state = {
    fetch: vi.fn<typeof fetch>(async (_, init) => {
      const answer = remote.answer(new URLSearchParams(String(init?.body)).get('token'))
      return answer instanceof Response ? answer : Response.json(answer)
    }),
  }
  const verifier = introspection({
    endpoint: 'https://id.example/introspect',
    clientId: 'chat',
    clientSecret: 'planted-client-secret',
    fetch: state.fetch,
    now: () => nowMs + remote.aheadMs,
    ...options,
  } as IntrospectionOptions)
  return Object.assign(remote, state, { verifier })
}

describe('introspection', () => {
  for (const { name, run } of verifierCases) {
    it(name, () =>
      run(() => ({ verifier: server().verifier, token: good, refused: ['opaque-token-of-eve'] })),
    )
  }

  it('SECURITY 20: forgives an issuer whose clock is ahead, by 5 s, and not its end', async () => {
    for (const [claims, expected] of [
      [{ iat: nowS + 5, nbf: nowS + 5 }, 'ada'],
      [{ iat: nowS + 6 }, 'invalid_token'],
      [{ nbf: nowS + 6 }, 'invalid_token'],
      [{ exp: nowS }, 'invalid_token'],
    ] as const) {
      const remote = server()
      remote.answer = () => ({ ...active, ...claims })
      expect(await verdict(remote.verifier, good)).toBe(expected)
    }
  })

  it('asks as RFC 7662 says', async () => {
    const { verifier, fetch } = server({ clientId: 'a:b', clientSecret: 'c d' })
    expect(await verifier(good, context)).toMatchObject({
      userId: 'ada',
      expiresAt: (nowS + 600) * 1000,
      claims: { scope: 'chat' },
    })
    const [url, init] = fetch.mock.calls[0] ?? []
    expect(String(url)).toBe('https://id.example/introspect')
    expect(init).toMatchObject({
      method: 'POST',
      redirect: 'error',
      body: `token=${good}&token_type_hint=access_token`,
    })
    const { authorization = '' } = (init?.headers ?? {}) as Record<string, string>
    expect(Buffer.from(authorization.slice(6), 'base64').toString()).toBe('a%3Ab:c+d')
  })

  it('sends headers of the caller’s instead', async () => {
    const { fetch, verifier } = server({
      clientId: undefined,
      clientSecret: undefined,
      headers: { authorization: 'Bearer x' },
    } as object)
    await verdict(verifier, good)
    expect(fetch.mock.calls[0]?.[1]?.headers).toMatchObject({ authorization: 'Bearer x' })
  })

  it.each<[string, unknown, string]>([
    ['no exp', { active: true, sub: 'ada' }, 'ada'],
    ['active as text', { ...active, active: 'true' }, 'invalid_token'],
    ['active as 1', { ...active, active: 1 }, 'invalid_token'],
    ['inactive', { ...active, active: false }, 'invalid_token'],
    ['nothing', {}, 'invalid_token'],
    ['a list', [active], 'invalid_token'],
    ['null', null, 'invalid_token'],
    ['expired', { ...active, exp: nowS - 1 }, 'invalid_token'],
    ['exp as text', { ...active, exp: '9999999999' }, 'invalid_token'],
    ['not yet', { ...active, nbf: nowS + 60 }, 'invalid_token'],
    ['no sub', { active: true }, 'invalid_token'],
    ['a sub that is a number', { ...active, sub: 5 }, 'invalid_token'],
    ['a 401', new Response('{}', { status: 401 }), 'temporarily_unavailable'],
    ['a 500', new Response('{}', { status: 500 }), 'temporarily_unavailable'],
    ['HTML', new Response('<html>'), 'temporarily_unavailable'],
    ['64 KiB', new Response(JSON.stringify({ ...active, x: 'x'.repeat(65_536) })), 'temporarily_unavailable'],
  ])('an answer with %s is %s', async (_, answer, expected) => {
    const remote = server()
    remote.answer = () => answer
    expect(await verdict(remote.verifier, good)).toBe(expected)
  })

  it('checks issuer and audience where told to', async () => {
    expect(await verdict(server({ issuer: 'https://id.example', audience: 'chat' }).verifier, good)).toBe(
      'ada',
    )
    expect(await verdict(server({ issuer: 'https://else.example' }).verifier, good)).toBe('invalid_token')
    expect(await verdict(server({ audience: 'mail' }).verifier, good)).toBe('invalid_token')
  })

  it('asks once for all who come at the same time, and not again for 10 s', async () => {
    const remote = server()
    await Promise.all(Array.from({ length: 50 }, () => remote.verifier(good, context)))
    remote.aheadMs = 9_999
    await remote.verifier(good, context)
    expect(remote.fetch).toHaveBeenCalledTimes(1)
    remote.aheadMs = 10_000
    remote.answer = () => ({ active: false })
    expect(await verdict(remote.verifier, good)).toBe('invalid_token')
  })

  it('never uses an answer past the end of the token', async () => {
    const remote = server({ cacheMs: 3_600_000 })
    await remote.verifier(good, context)
    remote.aheadMs = 600_000
    expect(await verdict(remote.verifier, good)).toBe('invalid_token')
  })

  it('does not keep refusals, nor more answers than told', async () => {
    const remote = server({ cacheSize: 2 })
    remote.answer = (token) => ({ ...active, active: token !== 'bad' })
    for (const token of ['bad', 'bad', 'a', 'b', 'c', 'c', 'a']) await verdict(remote.verifier, token)
    expect(remote.fetch).toHaveBeenCalledTimes(6)
  })

  it('asks each time with cacheMs 0', async () => {
    const remote = server({ cacheMs: 0 })
    await remote.verifier(good, context)
    await remote.verifier(good, context)
    expect(remote.fetch).toHaveBeenCalledTimes(2)
  })

  it('looks at a live session past the cache, and forgets what ended', async () => {
    const remote = server()
    const live = await remote.verifier(good, context)
    expect(await remote.verifier.revalidate?.(good, live, context)).toMatchObject({ userId: 'ada' })
    remote.answer = () => ({ active: false })
    expect(await verdict((token) => remote.verifier.revalidate?.(token, live, context) as never, good)).toBe(
      'invalid_token',
    )
    expect(await verdict(remote.verifier, good)).toBe('invalid_token')
  })

  it('does not let a session become another user’s', async () => {
    const remote = server()
    expect(
      await verdict(
        (token) => remote.verifier.revalidate?.(token, { userId: 'bob' }, context) as never,
        good,
      ),
    ).toBe('invalid_token')
  })

  it('tells nothing of token or client secret when the endpoint fails', async () => {
    const remote = server()
    remote.fetch.mockRejectedValue(new Error(`cannot send ${good} planted-client-secret`))
    const error: unknown = await Promise.resolve(remote.verifier(good, context)).catch(
      (thrown: unknown) => thrown,
    )
    const told = inspect(error, { depth: 9, showHidden: true }) + (error as Error).stack
    expect(told).not.toMatch(/planted|opaque/)
    expect(inspect(remote.verifier, { depth: 9, showHidden: true })).not.toMatch(/planted|opaque/)
  })

  it.each<[string, object, RegExp]>([
    ['no endpoint', { endpoint: undefined }, /`endpoint` is a URL/],
    ['http to a public host', { endpoint: 'http://id.example/' }, /https:\/\//],
    ['nobody’s name', { clientId: undefined, clientSecret: undefined }, /say who you are/],
    ['both ways', { headers: {} }, /say who you are/],
    ['no secret', { clientSecret: undefined }, /`clientSecret`/],
    ['a negative time', { cacheMs: -1 }, /`cacheMs`/],
    ['no room', { cacheSize: 0 }, /`cacheSize`/],
    ['NaN', { timeoutMs: Number.NaN }, /`timeoutMs`/],
    ['a time of text', { cacheMs: '5' }, /`cacheMs`/],
    ['a userId that is no function', { userId: 'username' }, /`userId` is a function/],
  ])('refuses %s when it is made', (_, options, message) => {
    expect(() => server(options as Partial<IntrospectionOptions>)).toThrow(message)
  })

  it('refuses nothing in the place of options', () => {
    expect(() => Reflect.apply(introspection, undefined, [])).toThrow(/options are missing/)
  })
})
