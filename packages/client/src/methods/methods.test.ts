import { afterEach, describe, expect, it, vi } from 'vitest'
import { AuthClient } from '../client.ts'
import { cookie } from './cookie.ts'
import type { Destination } from './destination.ts'
import { firstMessage } from './first-message.ts'
import { header } from './header.ts'
import type { Method } from './method.ts'
import { query } from './query.ts'
import { retryAfterMs } from './retry-after.ts'
import { subprotocol } from './subprotocol.ts'
import { ticket } from './ticket.ts'

const destination: Destination = {
  url: 'wss://api.example/ws?a=b',
  protocols: ['chat'],
  socketOptions: undefined,
}
const token = 'a+b/c=&d'
const endpoint = 'https://app.example/t'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

async function dialled(method: Method, version: 0 | 1): Promise<Destination | undefined> {
  return method.dial?.(destination, token, version, new AbortController().signal)
}

it.each<[string, Method, Partial<Destination>]>([
  [
    'query()',
    query(),
    { url: 'wss://api.example/ws?a=b&token=a%2Bb%2Fc%3D%26d', protocols: ['chat', 'wsauth.v1'] },
  ],
  ['query({ param })', query({ param: 'x y' }), { url: 'wss://api.example/ws?a=b&x%20y=a%2Bb%2Fc%3D%26d' }],
  ['ticket()', ticket({ endpoint }), { url: 'wss://api.example/ws?a=b&ticket=a%2Bb%2Fc%3D%26d' }],
  ['header()', header(), { socketOptions: { headers: { Authorization: `Bearer ${token}` } } }],
  ['subprotocol()', subprotocol(), { protocols: ['chat', 'wsauth.bearer.YStiL2M9JmQ', 'wsauth.v1'] }],
  ['subprotocol({ bare })', subprotocol({ bare: true }), { protocols: [token] }],
  ['cookie()', cookie(), { url: destination.url, protocols: ['chat', 'wsauth.v1'] }],
])('%s puts the credential where it belongs', async (_, method, expected) => {
  vi.stubGlobal('fetch', async () => Response.json({ ticket: token }))
  expect(await dialled(method, 1)).toMatchObject(expected)
})

it('what explain() shows of a ticket endpoint that refuses is the status', async () => {
  vi.stubGlobal('fetch', async () => new Response('{}', { status: 403 }))
  await expect(dialled(ticket({ endpoint: '/t' }), 1)).rejects.toMatchObject({
    name: 'HTTP 403',
    message: 'Ticket endpoint: 403',
    wsauth: { action: 'stop' },
  })
})

it('a first message leaves the handshake alone', () => {
  expect(firstMessage().dial).toBeUndefined()
  expect(firstMessage().present?.('t', 1)).toBe('{"type":"auth","token":"t","v":1}')
  expect(firstMessage({ bearerText: true }).present?.('t', 1)).toBe('Authorization: Bearer t')
})

it.each([query(), header(), subprotocol(), cookie()])(
  'with version 0 nothing of wsauth is offered (%#)',
  async (method) => {
    expect((await dialled(method, 0))?.protocols ?? []).not.toContain('wsauth.v1')
  },
)

it.each([
  ['?token=old', '?token=new'],
  ['?token=old&x=1&token=older&', '?x=1&token=new'],
  ['?token', '?token=new'],
  ['?tokens=1&my=token=2', '?tokens=1&my=token=2&token=new'],
  ['?a;b&c=%20+%zz?d', '?a;b&c=%20+%zz?d&token=new'],
  ['?', '?token=new'],
  ['', '?token=new'],
])('query(): in %j the token takes the place of what is there under its name', async (before, after) => {
  const there = await query().dial?.(
    { url: `wss://api.example/ws${before}`, protocols: [] },
    'new',
    1,
    new AbortController().signal,
  )
  expect(there?.url).toBe(`wss://api.example/ws${after}`)
})

describe('the ticket endpoint', () => {
  const check = (endpoint: string | URL, allowInsecure?: boolean) => () =>
    new AuthClient('wss://api.example/ws', {
      connect: false,
      method: ticket({ endpoint }),
      token: 't',
      ...(allowInsecure === undefined ? {} : { allowInsecure }),
    })

  it.each([
    'http://api.example/t',
    'http://10.0.0.1/t',
    'http://localhost.evil.example/t',
    'http://localhost@evil.example/t',
    'ws://localhost/t',
    'ftp://localhost/t',
    'javascript:1',
    'https://',
    '',
    '/t',
  ])('P7 is not %j: told at construction', (endpoint) => {
    expect(check(endpoint)).toThrow(TypeError)
    expect(check(endpoint)).toThrow('https:')
  })

  it.each([
    'https://api.example/t',
    'http://localhost:3000/t',
    'http://app.localhost/t',
    'http://127.0.0.1/',
    'http://[::1]:1/t',
  ])('may be %s', (endpoint) => {
    expect(check(endpoint)).not.toThrow()
    expect(check(new URL(endpoint))).not.toThrow()
  })

  it('may be in the clear where that is said', () => {
    expect(check('http://api.example/t', true)).not.toThrow()
  })

  it('is relative to the page, and asked there', async () => {
    const asked: unknown[] = []
    vi.stubGlobal('fetch', async (url: unknown, { redirect }: RequestInit) => {
      asked.push(url, redirect)
      return Response.json({ ticket: 'once' })
    })
    vi.stubGlobal('location', { href: 'https://app.example/chat/1' })
    expect(check('/t')).not.toThrow()
    await dialled(ticket({ endpoint: '/t', redirect: 'follow' }), 1)
    expect(asked).toEqual(['https://app.example/t', 'manual'])
    vi.stubGlobal('location', { href: 'http://app.example/chat/1' })
    expect(check('/t')).toThrow('https:')
  })

  it.each([
    '{}',
    '{"ticket":5}',
    '[]',
    '{"ticket":""}',
    '{"ticket":null}',
    '{"ticket":{}}',
    'null',
    '<html>',
    '',
  ])('answers %j: no ticket, so nothing is dialled', async (body) => {
    vi.stubGlobal('fetch', async () => new Response(body))
    const error = await Promise.resolve(dialled(ticket({ endpoint }), 1)).catch((error) => error)
    expect(error).toBeInstanceOf(Error)
    // Without an action of its own it is retried.
    expect(error).not.toHaveProperty('wsauth')
  })
})

it.each<[string | null | undefined, string | null | undefined, number]>([
  ['3', undefined, 3_000],
  ['0.5', undefined, 500],
  ['Sat, 21 Nov 2026 10:00:30 GMT', 'Sat, 21 Nov 2026 10:00:00 GMT', 30_000],
  ['Sat, 21 Nov 2026 09:00:00 GMT', 'Sat, 21 Nov 2026 10:00:00 GMT', 0],
  ['Sat, 21 Nov 2026 10:00:30 GMT', 'now', 20_000],
  ['Sat, 21 Nov 2026 10:00:30 GMT', null, 20_000],
  ['-3', undefined, 0],
  ['soon', undefined, 0],
  ['Infinity', undefined, 0],
  ['', undefined, 0],
  [null, null, 0],
  [undefined, undefined, 0],
])('Retry-After: %j, at %j, is %i ms', (value, date, ms) => {
  vi.spyOn(Date, 'now').mockReturnValue(Date.UTC(2026, 10, 21, 10, 0, 10))
  expect(retryAfterMs(value, date)).toBe(ms)
})

describe('what cannot work is refused at construction', () => {
  const make = (options: object) => () => new AuthClient('wss://api.example', { connect: false, ...options })

  it.each([
    ['firstMessage() without a token', { method: firstMessage() }, 'token'],
    ['query() without a token', { method: query() }, 'token'],
    ['header() without a token', { method: header() }, 'token'],
    ['a number as token', { token: 5 }, 'a string or a function'],
    ['an object as token', { token: {} }, 'a string or a function'],
    ['a promise as token', { token: Promise.resolve('t') }, 'a string or a function'],
    ['a number as token of ticket()', { token: 5, method: ticket({ endpoint }) }, 'a string or a function'],
    ['a method that was not called', { token: 't', method: header }, 'header()'],
    ['the name of a method', { token: 't', method: 'header' }, 'header()'],
    ['cookie() with a token', { method: cookie(), token: 't' }, 'leave it out'],
  ])('%s', (_, options, hint) => {
    expect(make(options)).toThrow(TypeError)
    expect(make(options)).toThrow(hint)
  })

  it('header() in a browser names the alternatives', () => {
    vi.stubGlobal('document', {})
    expect(make({ method: header(), token: 't' })).toThrow('firstMessage()')
    expect(make({ method: header(), token: 't', WebSocket: class {} })).not.toThrow()
    vi.stubGlobal('navigator', { product: 'ReactNative' })
    expect(make({ method: header(), token: 't' })).not.toThrow()
  })

  it('header() in a Worker of Cloudflare names the alternatives', () => {
    vi.stubGlobal('WebSocketPair', class {})
    expect(make({ method: header(), token: 't' })).toThrow('firstMessage()')
    expect(make({ method: header(), token: 't', WebSocket: class {} })).not.toThrow()
  })

  it('a ticket needs no token, nor does a cookie', () => {
    expect(make({ method: ticket({ endpoint }) })).not.toThrow()
    expect(make({ method: cookie() })).not.toThrow()
  })
})
