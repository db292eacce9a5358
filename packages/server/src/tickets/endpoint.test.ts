import { createServer, request as httpRequest, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AuthError } from '@wsauth/protocol'
import { describe, expect, it, vi } from 'vitest'
import { claimedSubject } from '../limiters/limiter.ts'
import { MemoryLimiter } from '../limiters/memory.ts'
import { MemoryRevocations } from '../stores/memory-revocations.ts'
import { MemoryTicketStore } from '../stores/memory-tickets.ts'
import type { TicketStore } from '../stores/ticket-store.ts'
import type { Verifier } from '../verifiers/verifier.ts'
import { type EndpointOptions, endpointOf } from './endpoint.ts'
import { toNodeHandler } from './node-handler.ts'
import { ticketKey } from './redeem.ts'

const app = 'https://app.example'
const verifier: Verifier = async (token) => {
  if (token === 'planted-down') throw new Error(token)
  if (token === 'planted-scope') throw new AuthError('insufficient_scope')
  if (token !== 'good') throw new AuthError('invalid_token')
  return { userId: 'ada', sessionId: 's1', issuedAt: 1 }
}
const endpointWith = (options: Partial<EndpointOptions> = {}) =>
  endpointOf({ verifier, store: new MemoryTicketStore(), origins: [app], ...options })

const bearer = { authorization: 'Bearer good' }
const json = { 'content-type': 'application/json' }
const post = (headers: Record<string, string>, body?: string): Request =>
  new Request('https://api.example/ticket', {
    method: 'POST',
    headers,
    ...(body === undefined ? {} : { body }),
  })

describe('a ticket endpoint', () => {
  it('gives a ticket for a bearer token', async () => {
    const response = await endpointWith()(post({ ...bearer, origin: app }))
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      ticket: expect.stringMatching(/^[\w-]{43}$/),
      expiresInMs: 30_000,
    })
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      vary: 'Origin',
      'access-control-allow-origin': app,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'Retry-After, WWW-Authenticate',
    })
  })

  it.each<[string, Record<string, string>, string | undefined, string | undefined, string | undefined]>([
    ['page and path', { ...bearer, ...json, origin: app }, '{"path":"/ws"}', app, '/ws'],
    ['the page alone', { ...bearer, origin: app }, undefined, app, undefined],
    ['no page', bearer, undefined, undefined, undefined],
    ['the root, which a URL may leave out', { ...bearer, ...json }, '{"path":""}', undefined, '/'],
    ['an object without path', { ...bearer, ...json }, '{}', undefined, undefined],
  ])('binds the ticket to %s', async (_, headers, body, origin, path) => {
    const store = new MemoryTicketStore()
    const { ticket } = await (await endpointWith({ store })(post(headers, body))).json()
    expect(await store.take(ticketKey(ticket))).toEqual({
      principal: { userId: 'ada', sessionId: 's1', issuedAt: 1 },
      ...(origin ? { origin } : {}),
      ...(path ? { path } : {}),
    })
  })

  it.each<[string, Record<string, string>, string | undefined, number, string]>([
    ['a cookie with JSON', { cookie: 'a=b; session=good', ...json, origin: app }, '{}', 200, ''],
    [
      'a cookie with a custom header',
      { cookie: 'session=good', 'x-requested-with': 'x', origin: app },
      undefined,
      200,
      '',
    ],
    [
      'a token that wins over a cookie',
      { cookie: 'session=bad', ...bearer, origin: app },
      undefined,
      200,
      '',
    ],
    ['a token beside a cookie, and no page', { cookie: 'session=bad', ...bearer }, undefined, 200, ''],
    ['JSON with a charset', { ...bearer, 'content-type': 'application/json; charset=utf-8' }, '{}', 200, ''],
    ['an empty JSON body', { ...bearer, ...json }, '', 200, ''],
    ['a cookie and nothing else', { cookie: 'session=good', origin: app }, undefined, 415, 'invalid_request'],
    [
      'a form with a cookie',
      { cookie: 'session=good', origin: app, 'content-type': 'application/x-www-form-urlencoded' },
      'a=b',
      415,
      'invalid_request',
    ],
    [
      'text with a cookie',
      { cookie: 'session=good', origin: app, 'content-type': 'text/plain' },
      '{}',
      415,
      'invalid_request',
    ],
    ['text with a token', { ...bearer, 'content-type': 'text/plain' }, '{}', 415, 'invalid_request'],
    [
      'a type that ends like JSON',
      { ...bearer, 'content-type': 'x-application/json' },
      '{}',
      415,
      'invalid_request',
    ],
    ['a type like JSON', { ...bearer, 'content-type': 'application/jsonx' }, '{}', 415, 'invalid_request'],
    ['a cookie without a page', { cookie: 'session=good', ...json }, '{}', 403, 'access_denied'],
    ['a foreign page', { ...bearer, origin: 'https://evil.example' }, undefined, 403, 'access_denied'],
    [
      'a page with a longer name',
      { ...bearer, origin: `${app}.evil.example` },
      undefined,
      403,
      'access_denied',
    ],
    ['a sandboxed page', { ...bearer, origin: 'null' }, undefined, 403, 'access_denied'],
    ['a page twice', { ...bearer, origin: `${app}, ${app}` }, undefined, 403, 'access_denied'],
    ['no credential', { ...json, origin: app }, '{}', 401, 'invalid_token'],
    ['a wrong token', { authorization: 'Bearer bad', origin: app }, undefined, 401, 'invalid_token'],
    ['a wrong cookie', { cookie: 'session=bad', ...json, origin: app }, '{}', 401, 'invalid_token'],
    [
      'a token beyond 8 KiB',
      { authorization: `Bearer ${'x'.repeat(8_193)}` },
      undefined,
      401,
      'invalid_token',
    ],
    ['two tokens', { authorization: 'Bearer good good' }, undefined, 400, 'invalid_request'],
    ['Bearer alone', { authorization: 'Bearer' }, undefined, 400, 'invalid_request'],
    ['another scheme', { authorization: 'Basic YTpi' }, undefined, 401, 'invalid_token'],
    [
      'a cookie twice',
      { cookie: 'session=good; session=good', ...json, origin: app },
      '{}',
      400,
      'invalid_request',
    ],
    [
      'a cookie that cannot be decoded',
      { cookie: 'session=%', ...json, origin: app },
      '{}',
      400,
      'invalid_request',
    ],
    [
      'a token without the scope',
      { authorization: 'Bearer planted-scope' },
      undefined,
      403,
      'insufficient_scope',
    ],
    [
      'a verifier that is down',
      { authorization: 'Bearer planted-down' },
      undefined,
      503,
      'temporarily_unavailable',
    ],
    ['a body of white space', { ...bearer, ...json }, ' \r\n', 200, ''],
    ['the longest path', { ...bearer, ...json }, `{"path":"/${'x'.repeat(1_023)}"}`, 200, ''],
    ['a body of 4 KiB', { ...bearer, ...json }, `{"x":"${'x'.repeat(4_088)}"}`, 200, ''],
    ['a path beyond ASCII', { ...bearer, ...json }, '{"path":"/wé"}', 400, 'invalid_request'],
    ['a body that is text', { ...bearer, ...json }, '"/ws"', 400, 'invalid_request'],
    ['no JSON', { ...bearer, ...json }, '{', 400, 'invalid_request'],
    ['a list', { ...bearer, ...json }, '[]', 400, 'invalid_request'],
    ['null', { ...bearer, ...json }, 'null', 400, 'invalid_request'],
    ['a path that is a number', { ...bearer, ...json }, '{"path":5}', 400, 'invalid_request'],
    ['a path that is null', { ...bearer, ...json }, '{"path":null}', 400, 'invalid_request'],
    ['a path with a query', { ...bearer, ...json }, '{"path":"/ws?a=b"}', 400, 'invalid_request'],
    [
      'a path that is a URL',
      { ...bearer, ...json },
      '{"path":"https://evil.example/"}',
      400,
      'invalid_request',
    ],
    ['a path with two slashes', { ...bearer, ...json }, '{"path":"//evil.example"}', 400, 'invalid_request'],
    [
      'a path of a kilobyte',
      { ...bearer, ...json },
      `{"path":"/${'x'.repeat(1_024)}"}`,
      400,
      'invalid_request',
    ],
    ['a body beyond 4 KiB', { ...bearer, ...json }, `{"x":"${'x'.repeat(4_096)}"}`, 400, 'invalid_request'],
    ['a deep body', { ...bearer, ...json }, '['.repeat(4_000), 400, 'invalid_request'],
    ['a path of the prototype', { ...bearer, ...json }, '{"__proto__":{"path":"/x"}}', 200, ''],
  ])('%s', async (_, headers, body, status, error) => {
    const response = await endpointWith()(post(headers, body))
    expect(response.status).toBe(status)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const text = await response.text()
    expect(text).not.toContain('planted')
    if (error) expect(JSON.parse(text)).toMatchObject({ error, action: expect.any(String) })
  })

  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD'])('does not do %s', async (method) => {
    const response = await endpointWith()(
      new Request('https://api.example/', { method, headers: { ...bearer, origin: app } }),
    )
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  })

  it('answers a preflight of a listed page, and of no other', async () => {
    const preflight = (origin: string) =>
      endpointWith()(
        new Request('https://api.example/', {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': 'POST' },
        }),
      )
    const allowed = await preflight(app)
    expect(allowed.status).toBe(204)
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': app,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization, content-type, x-requested-with',
      'access-control-max-age': '600',
    })
    const refused = await preflight('https://evil.example')
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null])
  })

  it('does no OPTIONS for who is no page', async () => {
    const response = await endpointWith()(new Request('https://api.example/', { method: 'OPTIONS' }))
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  })

  it('lets a listed page read a refusal, and no other', async () => {
    const of = async (origin: string) =>
      (await endpointWith()(post({ authorization: 'Bearer bad', origin }))).headers.get(
        'access-control-allow-origin',
      )
    expect(await of(app)).toBe(app)
    expect(await of('https://evil.example')).toBe(null)
  })

  it.each<[string, Record<string, string>, string | undefined, string | null]>([
    ['a bad token', { authorization: 'Bearer bad' }, undefined, 'error="invalid_token"'],
    ['no credential', json, '{}', ''],
    ['two tokens', { authorization: 'Bearer good good' }, undefined, 'error="invalid_request"'],
    [
      'a token without the scope',
      { authorization: 'Bearer planted-scope' },
      undefined,
      'error="insufficient_scope"',
    ],
    ['a foreign page', { ...bearer, origin: 'https://evil.example' }, undefined, null],
    ['a verifier that is down', { authorization: 'Bearer planted-down' }, undefined, null],
    ['a form', { ...bearer, 'content-type': 'text/plain' }, '{}', null],
  ])('SECURITY 7: challenges as RFC 6750 asks: %s', async (_, headers, body, error) => {
    const response = await endpointWith()(post(headers, body))
    const challenge = ['Bearer realm="websocket"', error].filter(Boolean).join(', ')
    expect(response.headers.get('www-authenticate')).toBe(error === null ? null : challenge)
    expect([response.headers.has('allow'), response.headers.has('retry-after')]).toEqual([false, false])
  })

  it('SECURITY 17: gives the same bytes for every cause of invalid_token', async () => {
    const answers = ['invalid_token', 'token_expired', 'session_revoked'].map(async (error) => {
      const refusing: Verifier = () => Promise.reject(new AuthError(error as 'invalid_token'))
      const response = await endpointWith({ verifier: refusing })(post(bearer))
      return [response.status, [...response.headers], await response.text()]
    })
    const [first, ...others] = await Promise.all(answers)
    for (const other of others) expect(other).toEqual(first)
  })

  it('does not look at a credential from a foreign page', async () => {
    const asked = vi.fn(verifier)
    await endpointWith({ verifier: asked })(post({ ...bearer, origin: 'https://evil.example' }))
    expect(asked).not.toHaveBeenCalled()
  })

  it('tells the verifier how the credential came', async () => {
    const asked = vi.fn(verifier)
    await endpointWith({ verifier: asked })(post(bearer))
    await endpointWith({ verifier: asked })(post({ cookie: 'session=good', ...json, origin: app }, '{}'))
    expect(asked.mock.calls.map(([, { method, reason }]) => [method, reason])).toEqual([
      ['header', 'ticket'],
      ['cookie', 'ticket'],
    ])
  })

  it('takes another cookie, or none', async () => {
    const of = async (cookie: EndpointOptions['cookie'] & {}, name = 'id') =>
      (await endpointWith({ cookie })(post({ cookie: `${name}=good`, ...json, origin: app }, '{}'))).status
    expect(await of(false, 'session')).toBe(401)
    expect(() => endpointWith({ cookie: false, origins: ['null'] })).not.toThrow()
    expect(await of({ name: 'id' })).toBe(200)
    expect(await of({})).toBe(401)
    expect(await of(false)).toBe(401)
  })

  it('gives nothing for a revoked session', async () => {
    const revocations = new MemoryRevocations()
    await revocations.add({
      sessionId: 's1',
      issuedBeforeMs: Date.now(),
      marginMs: 0,
      expiresAtMs: Date.now() + 60_000,
    })
    expect((await endpointWith({ revocations })(post(bearer))).status).toBe(401)
  })

  it('says 429 with Retry-After for the 21st ticket', async () => {
    const endpoint = endpointWith()
    for (let n = 0; n < 20; n++) await endpoint(post(bearer))
    const response = await endpoint(post(bearer))
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '30'])
    expect(await response.json()).toMatchObject({
      error: 'slow_down',
      action: 'retry',
      retryAfterMs: expect.any(Number),
    })
  })

  it('says 503 while the store is away', async () => {
    const store: TicketStore = {
      put: () => Promise.reject(new Error('planted')),
      take: async () => undefined,
    }
    const response = await endpointWith({ store })(post(bearer))
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('planted')
  })

  it('says 503 where a part of it breaks, and nothing of why', async () => {
    const now = () => {
      throw new RangeError('planted')
    }
    const response = await endpointWith({ now })(post(bearer))
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('planted')
  })

  it('slows guessing down where it knows the address', async () => {
    const limiter = new MemoryLimiter({ failuresPerAddress: 3 })
    const endpoint = endpointWith({ limiter })
    const guess = async (address?: string) => {
      const request = post({ authorization: 'Bearer guess' })
      return (await endpoint(request, address === undefined ? {} : { address })).status
    }
    expect([await guess('192.0.2.1'), await guess('192.0.2.1'), await guess('192.0.2.1')]).toEqual([
      401, 401, 401,
    ])
    expect([await guess('192.0.2.1'), await guess('192.0.2.2')]).toEqual([429, 401])
    for (let n = 0; n < 5; n++) expect(await guess()).toBe(401)
  })

  it('counts a guess for whom it claims to be from', async () => {
    const failed = vi.fn()
    const limiter = { waitMs: () => 0, failed, succeeded: () => undefined }
    await endpointWith({ limiter })(post({ authorization: 'Bearer guess' }), { address: '192.0.2.1' })
    expect(failed.mock.lastCall?.[0]).toMatchObject({ address: '192.0.2.1' })
    expect(failed.mock.lastCall?.[0].subject()).toBe(claimedSubject('guess'))
  })

  it.each<[string, object, RegExp]>([
    ['no verifier', { verifier: undefined }, /`verifier` is missing/],
    ['no store', { store: undefined }, /`store` is missing/],
    ['no origins', { origins: undefined }, /`origins` is missing/],
    ['an origin that is none', { origins: ['https://app.example/'] }, /write 'https:\/\/app.example'/],
    ['null beside a cookie', { origins: ['null'] }, /cannot stand beside a cookie/],
    ['a cookie by its name alone', { cookie: 'sid' }, /`cookie` is \{ name: 'session' \}/],
    ['true as a cookie', { cookie: true }, /`cookie` is/],
    ['a cookie name of two words', { cookie: { name: 'a b' } }, /`cookie` is/],
    ['9 s', { ttlMs: 9_000 }, /ticketEndpoint\(\): `ttlMs` is 10_000 to 60_000/],
    ['61 s', { ttlMs: 61_000 }, /10_000 to 60_000/],
  ])('refuses %s when it is made', (_, options, message) => {
    expect(() => endpointWith(options as Partial<EndpointOptions>)).toThrow(message)
  })
})

describe('toNodeHandler', () => {
  async function answered(
    listener: RequestListener,
    headers: Record<string, string | string[]>,
    body = '',
    method = 'POST',
  ) {
    const server = createServer(listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      return await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
        const { port } = server.address() as AddressInfo
        const request = httpRequest(
          { port, host: '127.0.0.1', method, headers, path: '//evil.example/%', agent: false },
          (response) => {
            let text = ''
            response.on('data', (chunk) => {
              text += chunk
            })
            response.on('end', () => resolve({ status: response.statusCode, text }))
          },
        )
        request.on('error', reject).end(body)
      })
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
  const handler = () => toNodeHandler(endpointWith()) as RequestListener

  it('serves under node:http, whatever Host and path are', async () => {
    const { status, text } = await answered(handler(), { ...bearer, ...json, host: '%%%' }, '{"path":"/ws"}')
    expect([status, JSON.parse(text).expiresInMs]).toEqual([200, 30_000])
  })

  it('takes a cookie out of several fields, and refuses it twice', async () => {
    const of = async (...cookie: string[]) =>
      (await answered(handler(), { cookie, ...json, origin: app }, '{}')).status
    expect(await of('a=b', 'session=good')).toBe(200)
    expect(await of('session=good', 'session=good')).toBe(400)
  })

  it('takes a body that a framework has parsed', async () => {
    const parsed: RequestListener = async (request, response) => {
      for await (const _ of request);
      await toNodeHandler(endpointWith())(Object.assign(request, { body: { path: 5 } }), response)
    }
    expect((await answered(parsed, { ...bearer, ...json }, '{"path":5}')).status).toBe(400)
  })

  it('cuts a body beyond 4 KiB', async () => {
    expect((await answered(handler(), { ...bearer, ...json }, 'x'.repeat(100_000))).status).toBe(400)
  })

  it.each(['GET', 'PUT', 'TRACE', 'PROPFIND'])('does not do %s', async (method) => {
    expect((await answered(handler(), { ...bearer }, '', method)).status).toBe(405)
  })
})
