import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { bearerSubprotocol } from '@wsauth/protocol'
import { describe, expect, it, vi } from 'vitest'
import { incoming, type RawRequest } from '../test/support/requests.ts'
import { paramOf } from './http-fields.ts'
import { cookie } from './methods/cookie.ts'
import { firstMessage } from './methods/first-message.ts'
import { header } from './methods/header.ts'
import type { Method } from './methods/method.ts'
import { query } from './methods/query.ts'
import { subprotocol } from './methods/subprotocol.ts'
import { ticket } from './methods/ticket.ts'
import { redactRequest } from './redact.ts'
import { MemoryTicketStore } from './stores/memory-tickets.ts'

const planted = 'plantedHeader.plantedPayload.plantedSignature'
const all = (): Method[] => [
  firstMessage(),
  header(),
  cookie(),
  query(),
  subprotocol(),
  ticket({ store: new MemoryTicketStore() }),
]

function redacted(raw: RawRequest, methods: readonly Method[] = all()): IncomingMessage {
  const request = incoming(raw)
  redactRequest(request, methods)
  return request
}

describe('redactRequest', () => {
  it.each([
    [`/ws?token=${planted}`, '/ws'],
    [`/ws?token=${planted}&room=1`, '/ws?room=1'],
    [`/ws?room=1&token=${planted}&x`, '/ws?room=1&x'],
    [`/ws?t%6Fken=${planted}&TOKEN=mine`, '/ws?TOKEN=mine'],
    [`/ws?token=${planted}&token=${planted}`, '/ws'],
    [`/ws?ticket=${planted}`, '/ws'],
    [`/ws?token=%zz${planted}`, '/ws'],
    ['/ws?%zz=1', '/ws?%zz=1'],
    ['/ws?', '/ws?'],
    [`/ws?%74%6f%6B%65%6e=${planted}&%c1%b4oken=mine`, '/ws?%c1%b4oken=mine'],
    [`/ws?token&tokens=1&oken=2&a%=3`, '/ws?tokens=1&oken=2&a%=3'],
    ['/ws', '/ws'],
    ['/ws?a=b%20c&d=%C3%A9', '/ws?a=b%20c&d=%C3%A9'],
  ])('url %s becomes %s', (url, expected) => {
    expect(redacted({ url }).url).toBe(expected)
  })

  it.each([
    [['Authorization', `Bearer ${planted}`], undefined],
    [['Authorization', `bearer ${planted} ${planted}`], undefined],
    [['Authorization', 'Basic YTpi'], 'Basic YTpi'],
    [['Authorization', 'Digest username="bearer"'], 'Digest username="bearer"'],
    [['Cookie', `session=${planted}`], undefined],
    [['Cookie', `theme=dark; session=${planted}`], 'theme=dark'],
    [['Cookie', `session=${planted}; theme=dark; lang=en`], 'theme=dark; lang=en'],
    [['Cookie', `session=${planted}; session=${planted}; a=b`], 'a=b'],
    [['Cookie', 'theme=dark;  lang=en'], 'theme=dark;  lang=en'],
    [['Sec-WebSocket-Protocol', `chat, ${bearerSubprotocol(planted)}, wsauth.v1`], 'chat'],
    [['Sec-WebSocket-Protocol', 'wsauth.v1'], undefined],
    [['Sec-WebSocket-Protocol', 'chat,superchat'], 'chat,superchat'],
    [['Sec-WebSocket-Protocol', `chat, WSAUTH.Bearer.${planted}`], 'chat'],
    [['Sec-WebSocket-Protocol', `chat, "wsauth.bearer.${planted}"`], 'chat'],
    [['Sec-WebSocket-Protocol', `chat;wsauth.bearer.${planted}`], undefined],
    [['X-Original-URL', `/ws?room=1&token=${planted}`], '/ws?room=1'],
    [
      ['X-Forwarded-Uri', `https://chat.example/ws?ticket=${planted}&room=1`],
      'https://chat.example/ws?room=1',
    ],
    [['X-Envoy-Original-Path', `/ws?t%6Fken=${planted}`], '/ws'],
    [['X-Original-Query', `?room=1&token=${planted}`], '?room=1'],
    [['X-Original-Query', `?token=${planted}`], ''],
    [['Referer', 'https://app.example/?room=1'], 'https://app.example/?room=1'],
    [['Cookie', 'back=/ws?token=mine; theme=dark'], 'back=/ws?token=mine; theme=dark'],
  ] as const)('%j becomes %j', ([name, value], expected) => {
    const request = redacted({ headers: [[name, value]] })
    const key = name.toLowerCase()
    expect(request.headers[key]).toBe(expected)
    expect(request.headersDistinct[key]).toEqual(expected === undefined ? undefined : [expected])
    const at = request.rawHeaders.indexOf(name)
    expect(at < 0 ? undefined : request.rawHeaders[at + 1]).toBe(expected)
  })

  it('takes a bare token out where that is a method', () => {
    const bare = [subprotocol({ allowBare: true })]
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'
    const offer = (value: string) =>
      redacted({ headers: [['Sec-WebSocket-Protocol', value]] }, bare).headers['sec-websocket-protocol']
    expect(offer(jwt)).toBeUndefined()
    expect(offer('opaque-token')).toBeUndefined()
    expect(offer(`chat, ${jwt}`)).toBe('chat')
    expect(offer('chat, other')).toBe('chat, other')
  })

  it('keeps fields that come several times apart', () => {
    const request = redacted({
      headers: [
        ['Cookie', `session=${planted}; a=1`],
        ['Cookie', 'b=2'],
        ['Sec-WebSocket-Protocol', 'wsauth.v1'],
        ['Sec-WebSocket-Protocol', 'chat'],
        ['Sec-WebSocket-Protocol', 'superchat'],
      ],
    })
    expect(request.headers.cookie).toBe('a=1; b=2')
    expect(request.headersDistinct.cookie).toEqual(['a=1', 'b=2'])
    expect(request.headers['sec-websocket-protocol']).toBe('chat, superchat')
  })

  it('leaves a field as Node joined it where it holds nothing of ours, though it came twice', () => {
    const request = incoming({
      headers: [
        ['Authorization', 'Basic YTpi'],
        ['Authorization', 'Basic Yzpk'],
        ['Cookie', ''],
      ],
    })
    // Of two, Node keeps the first (`http`, `message.headers`).
    request.headers.authorization = 'Basic YTpi'
    const before = inspect([request.headers, request.headersDistinct, request.rawHeaders])
    redactRequest(request, all())
    expect(inspect([request.headers, request.headersDistinct, request.rawHeaders])).toBe(before)
  })

  it('leaves what no method takes alone', () => {
    const request = redacted(
      {
        url: '/ws?token=mine',
        headers: [
          ['Authorization', 'Bearer mine'],
          ['Cookie', 'session=mine'],
        ],
      },
      [firstMessage()],
    )
    expect(request.url).toBe('/ws?token=mine')
    expect(request.headers).toMatchObject({ authorization: 'Bearer mine', cookie: 'session=mine' })
  })

  it('decodes nothing but the credential, however many names there are: each that is malformed would be an error', () => {
    const decode = vi.spyOn(globalThis, 'decodeURIComponent')
    const url = `/ws?${'%&%ff&tok%&'.repeat(1_000)}token=mine`
    const request = incoming({ url, headers: [['X-Original-URL', url]] })
    expect(paramOf(url.slice(4), 'token', 8_192)).toMatchObject({ token: expect.anything() })
    redactRequest(request, all())
    expect(decode).toHaveBeenCalledTimes(1)
    decode.mockRestore()
    expect(request.url).not.toContain('mine')
    expect(request.headers['x-original-url']).not.toContain('mine')
  })

  it('lives with a request without a target', () => {
    const request = incoming()
    Object.assign(request, { url: undefined })
    expect(() => redactRequest(request, all())).not.toThrow()
  })

  it.each(['before', 'after'] as const)(
    'leaves nothing in a request of Node’s, its headers read %s',
    async (when) => {
      const seen = await new Promise<string>((resolve, reject) => {
        const server = createServer((request, response) => {
          if (when === 'before') inspect([request.headers, request.headersDistinct])
          redactRequest(request, all())
          const { url, headers, headersDistinct, rawHeaders } = request
          resolve(inspect({ url, headers, headersDistinct, rawHeaders }, { depth: 9 }))
          response.end()
          server.close()
        })
        server.listen(0, '127.0.0.1', () => {
          const headers = {
            authorization: `Bearer ${planted}`,
            cookie: [`theme=dark; session=${planted}`],
            'sec-websocket-protocol': `chat, ${bearerSubprotocol(planted)}, wsauth.v1`,
          }
          const path = `/ws?token=${planted}&ticket=${planted}&room=1`
          httpRequest({
            port: (server.address() as AddressInfo).port,
            host: '127.0.0.1',
            path,
            headers,
            agent: false,
          })
            .on('response', (response) => response.resume())
            .on('error', reject)
            .end()
        })
      })
      expect(seen).not.toMatch(/planted|wsauth|cGxhbnRlZ/)
      expect(seen).toMatch(/theme=dark/)
      expect(seen).toMatch(/\/ws\?room=1/)
      expect(seen).toMatch(/chat/)
    },
  )
})
