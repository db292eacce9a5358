import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { incoming, type RawHeader, type RawRequest, upgradeRequest } from '../test/support/requests.ts'
import { trustedProxies } from './trusted-proxies.ts'
import { upgradeRequestOf } from './upgrade-request.ts'

describe('upgradeRequestOf', () => {
  it('reads a request without decoding anything', () => {
    const request = upgradeRequest({
      url: '/w%20s?token=%41&x',
      headers: [
        ['Origin', 'https://app.example'],
        ['X-Two', 'a'],
        ['x-two', 'b'],
        ['Sec-WebSocket-Protocol', 'chat, wsauth.v1'],
        ['Sec-WebSocket-Protocol', ' ,other'],
      ],
    })
    expect(request).toMatchObject({
      target: '/w%20s?token=%41&x',
      path: '/w%20s',
      query: 'token=%41&x',
      origin: 'https://app.example',
      protocols: ['chat', 'wsauth.v1', 'other'],
      address: '192.0.2.1',
      addressGroup: '192.0.2.1',
    })
    expect(request.headers('x-two')).toEqual(['a', 'b'])
    expect(request.headers('absent')).toEqual([])
    expect(request.headers('__proto__')).toEqual([])
  })

  it('reads a request without a query', () => {
    expect(upgradeRequest({ url: '/ws' })).toMatchObject({ target: '/ws', path: '/ws', query: '' })
  })

  it.each([
    ['https://chat.example', true],
    ['http://chat.example', true],
    ['https://chat.example:8443', false],
    ['https://chat.example.evil.example', false],
    ['chat.example', false],
    ['null', false],
  ])('Origin %s names the server itself: %s', (origin, isOwnOrigin) => {
    expect(upgradeRequest({ headers: [['Origin', origin]] })).toMatchObject({ isOwnOrigin })
  })

  it.each([
    '',
    'ws',
    '//evil.example/ws',
    '///ws',
    '/\\evil.example',
    'http://evil.example/ws',
    '*',
    '?token=x',
    '/ws#fragment',
    '/w s',
    '/ws\u0000',
    '/w\u00e9',
    '/ws\r\nX: y',
  ])('refuses the target %j', (url) => {
    expect(upgradeRequestOf(incoming({ url }), trustedProxies())).toBe('invalid_request')
  })

  it('refuses more headers than anybody sends: they are kept until somebody is authenticated', () => {
    const verdict = (raw: RawRequest) => upgradeRequestOf(incoming(raw), trustedProxies())
    const many = (count: number) => Array.from({ length: count }, (_, index) => [`x-${index}`, 'y'] as const)
    expect(verdict({ headers: many(200) })).not.toBe('invalid_request')
    expect(verdict({ headers: many(400) })).toBe('invalid_request')
    expect(verdict({ headers: [['x-large', 'y'.repeat(16_000)]] })).not.toBe('invalid_request')
    expect(verdict({ headers: [['x-large', 'y'.repeat(20_480)]] })).toBe('invalid_request')
  })

  it('weighs the target too: once with its query, once more for the path', () => {
    const verdict = (url: string) => upgradeRequestOf(incoming({ url }), trustedProxies())
    expect(verdict(`/${'p'.repeat(9_000)}`)).not.toBe('invalid_request')
    expect(verdict(`/${'p'.repeat(10_240)}`)).toBe('invalid_request')
    expect(verdict(`/?${'q'.repeat(18_000)}`)).not.toBe('invalid_request')
    expect(verdict(`/?${'q'.repeat(20_480)}`)).toBe('invalid_request')
  })

  it('refuses a request without a target', () => {
    const { url: _, ...rest } = incoming()
    expect(upgradeRequestOf(rest as IncomingMessage, trustedProxies())).toBe('invalid_request')
  })

  it.each<[string, RawHeader[]]>([
    ['Host twice', [['host', 'evil.example']]],
    ['the key twice', [['Sec-WebSocket-Key', 'x']]],
    [
      'the version twice',
      [
        ['Sec-WebSocket-Version', '13'],
        ['Sec-WebSocket-Version', '13'],
      ],
    ],
    ['version 8', [['Sec-WebSocket-Version', '8']]],
    ['version 14', [['Sec-WebSocket-Version', '14']]],
    ['two versions in one', [['Sec-WebSocket-Version', '13, 8']]],
    ['an empty version', [['Sec-WebSocket-Version', '']]],
    ['a body', [['Content-Length', '11']]],
    [
      'a body behind an empty one',
      [
        ['Content-Length', '0'],
        ['Content-Length', '11'],
      ],
    ],
    ['a body of unknown length', [['Transfer-Encoding', 'chunked']]],
  ])('refuses %s', (_, headers) => {
    expect(upgradeRequestOf(incoming({ headers }), trustedProxies())).toBe('invalid_request')
  })

  it('takes an empty body, refuses HTTP/1.0 and a request without Host', () => {
    const verdict = (request: IncomingMessage) => upgradeRequestOf(request, trustedProxies())
    expect(verdict(incoming({ headers: [['Content-Length', '0']] }))).not.toBe('invalid_request')
    expect(verdict(Object.assign(incoming(), { httpVersion: '1.1' }))).not.toBe('invalid_request')
    expect(verdict(Object.assign(incoming(), { httpVersion: '1.0' }))).toBe('invalid_request')
    const [, , ...rawHeaders] = incoming().rawHeaders
    expect(verdict(Object.assign(incoming(), { rawHeaders }))).toBe('invalid_request')
  })

  it('leaves a duplicate Origin to the Origin policy, and believes neither', () => {
    const request = upgradeRequest({
      headers: [
        ['Origin', 'https://chat.example'],
        ['Origin', 'https://chat.example'],
      ],
    })
    expect(request.origin).toBeUndefined()
    expect(request.isOwnOrigin).toBe(false)
    expect(request.headers('origin')).toHaveLength(2)
  })

  it('lives without an address', () => {
    const request = incoming()
    Object.assign(request, { socket: undefined })
    expect(upgradeRequestOf(request, trustedProxies())).toMatchObject({ address: '', addressGroup: '' })
  })
})
