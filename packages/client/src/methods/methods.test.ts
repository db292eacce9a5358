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
])('%s puts the credential where it belongs', async (name, method, expected) => {
  const isTicket = name === 'ticket()'
  const traded = isTicket
    ? undefined
    : await method.exchange?.(token, destination, new AbortController().signal)
  const credential = traded ?? token
  expect(method.dial?.(destination, credential, 1)).toMatchObject(expected)
})

it('a first message leaves the handshake alone', () => {
  expect(firstMessage().dial).toBeUndefined()
  expect(firstMessage().credential).toBe('message')
  expect(firstMessage({ bearerText: true }).credential).toBe('bearer-text')
})

it.each([query(), header(), subprotocol(), cookie()])(
  'with version 0 nothing of wsauth is offered (%#)',
  (method) => {
    const offered = method.dial?.(destination, token, 0).protocols ?? []
    expect(offered).not.toContain('wsauth.v1')
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
