import { bearerSubprotocol } from '@wsauth/protocol'
import { describe, expect, it } from 'vitest'
import { type RawRequest, upgradeRequest } from '../../test/support/requests.ts'
import { MemoryTicketStore } from '../stores/memory-tickets.ts'
import { cookie } from './cookie.ts'
import { firstMessage } from './first-message.ts'
import { header } from './header.ts'
import { assertMethods, findCredential, type Method } from './method.ts'
import { query } from './query.ts'
import { subprotocol } from './subprotocol.ts'
import { ticket } from './ticket.ts'

const limits = { tokenBytes: 100 }
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'
const store = new MemoryTicketStore()

/** What was found, in a word: the token, `!error` or `-`. */
function found(methods: readonly Method[], raw: RawRequest): string {
  const finding = findCredential(methods, upgradeRequest(raw), limits)
  if (finding.type === 'credential') return `${finding.token.reveal()}${finding.ambient ? ' (ambient)' : ''}`
  return finding.type === 'refused' ? `!${finding.error}` : '-'
}
const authorization = (value: string): RawRequest => ({ headers: [['Authorization', value]] })
const cookies = (...values: string[]): RawRequest => ({
  headers: values.map((value) => ['Cookie', value] as const),
})
const offers = (...items: string[]): RawRequest => ({
  headers: [['Sec-WebSocket-Protocol', items.join(', ')]],
})

describe('header()', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER   abc', 'abc'],
    ['Bearer a.b-c_d~e+f/g==', 'a.b-c_d~e+f/g=='],
    ['Bearer', '!invalid_request'],
    ['Bearer ', '!invalid_request'],
    ['Bearer a b', '!invalid_request'],
    ['Bearer a, Bearer b', '!invalid_request'],
    ['Bearer\ta', '!invalid_request'],
    ['Bearer a\u00e9', '!invalid_request'],
    ['Basic YTpi', '-'],
    ['Negotiate Bearer abc', '-'],
    ['Bearerabc', '-'],
    ['', '-'],
  ])('%j: %s', (value, expected) => {
    expect(found([header()], authorization(value))).toBe(expected)
  })

  it('takes none of two, should a runtime let them through', () => {
    const twice = { ...upgradeRequest(), headers: () => ['Bearer a', 'Bearer a'] }
    expect(header().find?.(twice, limits)).toEqual({ error: 'invalid_request' })
  })

  it('finds nothing where nothing is', () => {
    expect(found([header()], { url: '/ws?token=abc', headers: [['Cookie', 'session=abc']] })).toBe('-')
  })
})

describe('cookie()', () => {
  it.each([
    [['session=abc'], 'abc (ambient)'],
    [['a=1; session=abc; b=2'], 'abc (ambient)'],
    [['a=1;session=abc'], 'abc (ambient)'],
    [['a=1', 'session=abc'], 'abc (ambient)'],
    [['session="abc"'], '"abc" (ambient)'],
    [['session=a%3Db%2B'], 'a=b+ (ambient)'],
    [['session=%2541'], '%41 (ambient)'],
    [['session=a=b'], 'a=b (ambient)'],
    [['session='], '-'],
    [['session'], '-'],
    [['Session=abc'], '-'],
    [['xsession=abc; session2=abc'], '-'],
    [[''], '-'],
    [[';;;'], '-'],
    [['session=%'], '!invalid_request'],
    [['session=%zz'], '!invalid_request'],
    [['session=%ff'], '!invalid_request'],
    [['session=a; session=b'], '!invalid_request'],
    [['session=a; session=a'], '!invalid_request'],
    [['session=a', 'session=b'], '!invalid_request'],
    [['session=a; session'], '!invalid_request'],
    [[`session=${'x'.repeat(100)}`], `${'x'.repeat(100)} (ambient)`],
    [[`session=${'x'.repeat(101)}`], '!invalid_token'],
    [['__proto__=1; session=abc'], 'abc (ambient)'],
  ])('%j: %s', (values, expected) => {
    expect(found([cookie()], cookies(...values))).toBe(expected)
  })

  it('goes by the name that it is given, names of the prototype included', () => {
    expect(found([cookie({ name: '__Host-id' })], cookies('session=a; __Host-id=b'))).toBe('b (ambient)')
    expect(found([cookie({ name: 'toString' })], cookies('session=a'))).toBe('-')
    expect(found([cookie({ name: '__proto__' })], cookies('__proto__=b'))).toBe('b (ambient)')
  })

  it.each(['', 'a b', 'a=b', 'a;b', 'é', 5])('refuses the name %j', (name) => {
    expect(() => cookie({ name: name as string })).toThrow(TypeError)
  })
})

describe.each<[string, Method]>([
  ['query()', query()],
  ["ticket({ param: 'token' })", ticket({ store, param: 'token' })],
])('%s', (_, method) => {
  it.each([
    ['/ws?token=abc', 'abc'],
    ['/ws?a=1&token=abc&b=2', 'abc'],
    ['/?token=abc', 'abc'],
    ['/ws?t%6fken=abc', 'abc'],
    ['/ws?token=a%2Eb', 'a.b'],
    ['/ws?token=%2541', '%41'],
    ['/ws?token=a+b', 'a+b'],
    ['/ws?token=a=b==', 'a=b=='],
    ['/ws?token=a?b', 'a?b'],
    ['/ws?token=', ''],
    ['/ws?token', ''],
    ['/ws', '-'],
    ['/ws?', '-'],
    ['/ws?Token=abc', '-'],
    ['/ws?mytoken=abc&token2=abc', '-'],
    ['/token=abc', '-'],
    ['/ws?%=x&%zz=y', '-'],
    ['/ws?token=%', '!invalid_request'],
    ['/ws?token=%ff', '!invalid_request'],
    ['/ws?token=a&token=b', '!invalid_request'],
    ['/ws?token=a&t%6Fken=a', '!invalid_request'],
    ['/ws?token=a&token', '!invalid_request'],
    [`/ws?token=${'x'.repeat(100)}`, 'x'.repeat(100)],
    [`/ws?token=${'x'.repeat(101)}`, '!invalid_token'],
  ])('%s: %s', (url, expected) => {
    expect(found([method], { url })).toBe(expected)
  })
})

describe('query()', () => {
  it('refuses a token that lives on for too long, or for ever', () => {
    const { check } = query()
    expect(check?.({ userId: 'ada', expiresAt: 160_000 }, 100_000)).toBeUndefined()
    expect(check?.({ userId: 'ada', expiresAt: 160_001 }, 100_000)).toBe('invalid_token')
    expect(check?.({ userId: 'ada' }, 100_000)).toBe('invalid_token')
    expect(
      query({ maxRemainingLifeMs: Number.POSITIVE_INFINITY }).check?.({ userId: 'ada' }, 0),
    ).toBeUndefined()
  })

  it.each([0, -1, Number.NaN, '60'])('refuses a life of %j', (maxRemainingLifeMs) => {
    expect(() => query({ maxRemainingLifeMs: maxRemainingLifeMs as number })).toThrow(/maxRemainingLifeMs/)
  })

  it.each(['', 'a b', 'a=b', 'a&b', 'a%b', 5])('refuses the parameter %j', (param) => {
    expect(() => query({ param: param as string })).toThrow(/^query\(\): `param` is the name/)
    expect(() => ticket({ store, param: param as string })).toThrow(/^ticket\(\): `param` is the name/)
  })
})

describe('ticket()', () => {
  it('refuses a store that is none', () => {
    for (const store of [null, {}, 'memory', { take: () => undefined }]) {
      expect(() => ticket({ store: store as unknown as MemoryTicketStore })).toThrow(
        /ticketEndpoint\(\{ store \}\) alike/,
      )
    }
  })

  it('has the store of its verifier unless told', () => {
    expect(ticket().tickets).toBe('default')
    expect(ticket({ store }).tickets).toBe(store)
  })
})

describe('subprotocol()', () => {
  it.each([
    [[bearerSubprotocol('abc'), 'wsauth.v1'], 'abc'],
    [['chat', bearerSubprotocol(jwt)], jwt],
    [[bearerSubprotocol('tøken')], 'tøken'],
    [['wsauth.v1', 'chat'], '-'],
    [[jwt], '-'],
    [['wsauth.bearer.'], '!invalid_request'],
    [['wsauth.bearer.a'], '!invalid_request'],
    [['wsauth.bearer.YWJj='], '!invalid_request'],
    [['wsauth.bearer.YWJk!'], '!invalid_request'],
    [['wsauth.bearer.YWK'], '!invalid_request'],
    [['wsauth.bearer._w'], '!invalid_request'],
    [[bearerSubprotocol('abc'), bearerSubprotocol('abc')], '!invalid_request'],
    [[bearerSubprotocol('x'.repeat(100))], 'x'.repeat(100)],
    [[bearerSubprotocol('x'.repeat(101))], '!invalid_token'],
    [['WSAUTH.BEARER.YWJj'], '!invalid_request'],
  ])('%j: %s', (items, expected) => {
    expect(found([subprotocol()], offers(...items))).toBe(expected)
  })

  it.each([
    [[jwt], jwt],
    [['chat', jwt], jwt],
    [['wsauth.v1', jwt], jwt],
    [['opaque-token'], 'opaque-token'],
    [['chat', 'other'], '-'],
    [['wsauth.v1'], '-'],
    [['wsauth.v1', 'chat'], '-'],
    [[jwt, jwt], '!invalid_request'],
    [[jwt, bearerSubprotocol('abc')], '!invalid_request'],
    [[bearerSubprotocol('abc')], 'abc'],
  ])('allowBare, %j: %s', (items, expected) => {
    expect(found([subprotocol({ allowBare: true })], offers(...items))).toBe(expected)
  })

  it('selects the bare token, and only that', () => {
    const { selects } = subprotocol({ allowBare: true })
    expect(selects?.(upgradeRequest(offers(jwt)))).toBe(jwt)
    expect(selects?.(upgradeRequest(offers('chat', jwt)))).toBe(jwt)
    expect(selects?.(upgradeRequest(offers(bearerSubprotocol('abc'))))).toBeUndefined()
    expect(subprotocol().selects).toBeUndefined()
  })
})

it('a method is known by its name, which is what socket.auth.method says', () => {
  const made = [firstMessage(), header(), cookie(), query(), subprotocol(), ticket({ store })]
  expect(made.map(({ name }) => name)).toEqual([
    'firstMessage',
    'header',
    'cookie',
    'query',
    'subprotocol',
    'ticket',
  ])
})

it('firstMessage() takes the older text too unless told', () => {
  expect(firstMessage().bearerText).toBe(true)
  expect(firstMessage({ bearerText: false }).bearerText).toBe(false)
})

describe('several methods', () => {
  const all = [firstMessage(), header(), cookie(), query(), subprotocol(), ticket({ store })]
  const all4 = [all, [...all].reverse()]

  it.each<[string, RawRequest, string]>([
    ['nothing', {}, '-'],
    ['a cookie', cookies('session=c'), 'c (ambient)'],
    [
      'a header beside a cookie',
      {
        headers: [
          ['Authorization', 'Bearer h'],
          ['Cookie', 'session=c'],
        ],
      },
      'h',
    ],
    ['a query token beside a cookie', { url: '/ws?token=q', headers: [['Cookie', 'session=c']] }, 'q'],
    [
      'a header twice',
      {
        headers: [
          ['Authorization', 'Bearer a'],
          ['authorization', 'Bearer b'],
        ],
      },
      '!invalid_request',
    ],
    [
      'a header twice, alike, of a scheme that is not ours',
      {
        headers: [
          ['Authorization', 'Basic YTpi'],
          ['Authorization', 'Basic YTpi'],
        ],
      },
      '!invalid_request',
    ],
    ['a header and a query token', { url: '/ws?token=q', ...authorization('Bearer h') }, '!invalid_request'],
    ['the same token twice', { url: '/ws?token=t', ...authorization('Bearer t') }, '!invalid_request'],
    ['a ticket and a query token', { url: '/ws?token=q&ticket=t' }, '!invalid_request'],
    [
      'a ticket and a sub-protocol',
      { url: '/ws?ticket=t', ...offers(bearerSubprotocol('s')) },
      '!invalid_request',
    ],
    [
      'a broken header beside a query token',
      { url: '/ws?token=q', ...authorization('Bearer') },
      '!invalid_request',
    ],
    [
      'a cookie twice beside a header',
      {
        headers: [
          ['Authorization', 'Bearer h'],
          ['Cookie', 'session=a; session=b'],
        ],
      },
      '!invalid_request',
    ],
    ['another scheme beside a query token', { url: '/ws?token=q', ...authorization('Basic YTpi') }, 'q'],
  ])('%s', (_, raw, expected) => {
    for (const methods of all4) expect(found(methods, raw)).toBe(expected)
  })

  it('a header twice is refused where no method takes one too: who of those on the way reads which is not known', () => {
    const headers = [
      ['Authorization', 'Bearer a'],
      ['Authorization', 'Bearer a'],
    ] as const
    expect(found([firstMessage(), cookie()], { headers })).toBe('!invalid_request')
  })

  it('never shows a token that it found', () => {
    const finding = findCredential(all, upgradeRequest({ url: '/ws?token=planted' }), limits)
    expect(JSON.stringify(finding)).not.toContain('planted')
  })

  it.each<[string, unknown, RegExp]>([
    ['none', [], /at least one method/],
    ['no list', undefined, /at least one method/],
    ['one twice', [header(), header()], /two methods take header; leave one of them out/],
    ['tickets of two stores', [ticket({ store }), ticket({ store, param: 'x' })], /two methods take ticket/],
    ['one query twice', [query(), query()], /two methods take \?token=; give each a `param` of its own/],
    ['nothing', [null], /auth\.methods: null is no method/],
    ['one parameter twice', [query({ param: 'x' }), ticket({ store, param: 'x' })], /two methods take \?x=/],
  ])('cannot be %s', (_, methods, message) => {
    expect(() => assertMethods(methods as Method[])).toThrow(message)
  })

  it('can be all of them, and a query of each name that old clients have', () => {
    expect(() => assertMethods(all)).not.toThrow()
    const two = [query(), query({ param: 'authorization' })]
    expect(() => assertMethods(two)).not.toThrow()
    expect(found(two, { url: '/?token=a' })).toBe('a')
    expect(found(two, { url: '/?authorization=b' })).toBe('b')
    expect(found(two, { url: '/?token=a&authorization=b' })).toBe('!invalid_request')
  })
})
