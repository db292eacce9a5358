import { afterEach, describe, expect, it, vi } from 'vitest'
import { AuthClient } from '../client.ts'
import { cookie } from './cookie.ts'
import type { Destination } from './destination.ts'
import { firstMessage } from './first-message.ts'
import { header } from './header.ts'
import type { Method } from './method.ts'
import { query } from './query.ts'
import { subprotocol } from './subprotocol.ts'
import { ticket } from './ticket.ts'

const destination: Destination = {
  url: 'wss://api.example/ws?a=b',
  protocols: ['chat'],
  socketOptions: undefined,
}
const token = 'a+b/c=&d'

afterEach(() => {
  vi.unstubAllGlobals()
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
  ['ticket()', ticket({ endpoint: '/t' }), { url: 'wss://api.example/ws?a=b&ticket=a%2Bb%2Fc%3D%26d' }],
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
    action: 'stop',
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

describe('what cannot work is refused at construction', () => {
  const make = (options: object) => () => new AuthClient('wss://api.example', { connect: false, ...options })

  it.each([
    ['firstMessage() without a token', { method: firstMessage() }, 'token'],
    ['query() without a token', { method: query() }, 'token'],
    ['header() without a token', { method: header() }, 'token'],
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

  it('a ticket needs no token, nor does a cookie', () => {
    expect(make({ method: ticket({ endpoint: '/t' }) })).not.toThrow()
    expect(make({ method: cookie() })).not.toThrow()
  })
})
