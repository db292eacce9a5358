import { afterEach, describe, expect, it, vi } from 'vitest'
import { MemoryLimiter } from './limiters/memory.ts'
import { cookie } from './methods/cookie.ts'
import { firstMessage } from './methods/first-message.ts'
import { header } from './methods/header.ts'
import { query } from './methods/query.ts'
import { subprotocol } from './methods/subprotocol.ts'
import { ticket } from './methods/ticket.ts'
import { MemoryRevocations } from './stores/memory-revocations.ts'
import { MemoryTicketStore } from './stores/memory-tickets.ts'
import { ticketEndpoint } from './ticket-endpoint.ts'
import { introspection } from './verifiers/introspection.ts'
import { jwtVerifier } from './verifiers/jwt.ts'
import { tokenIssuer } from './verifiers/token-issuer.ts'

/** As JavaScript hands it over, where no compiler looks. */
const any = (value: unknown): never => value as never
const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
afterEach(() => warn.mockClear())

const jwt = { key: 'k'.repeat(32), algorithms: ['HS256'], issuer: 'me', audience: 'chat' }
const jwks = { jwks: 'https://id.example/jwks' }
const opaque = { endpoint: 'https://id.example/introspect', clientId: 'chat', clientSecret: 'secret' }

const issuer = { key: 'k'.repeat(32), algorithm: 'HS256', issuer: 'me', audience: 'chat' }
const endpoint = { verifier: () => ({ userId: 'ada' }), origins: ['https://app.example'] }

describe('an option that does not exist is warned of, since what it was to forbid stays allowed', () => {
  it.each<[string, () => unknown]>([
    [
      'jwtVerifier(): no such option: requiredClaim;',
      () => jwtVerifier(any({ ...jwt, requiredClaim: ['scope'] })),
    ],
    ['introspection(): no such option: aud;', () => introspection(any({ ...opaque, aud: 'chat' }))],
    ['cookie(): no such option: cookieName;', () => cookie(any({ cookieName: 'sid' }))],
    ['firstMessage(): no such option: bearer;', () => firstMessage(any({ bearer: false }))],
    ['query(): no such option: maxRemainingLife;', () => query(any({ maxRemainingLife: 1_000 }))],
    ['subprotocol(): no such option: bare;', () => subprotocol(any({ bare: true }))],
    ['ticket(): no such option: name;', () => ticket(any({ name: 't' }))],
    ['tokenIssuer(): no such option: ttl;', () => tokenIssuer(any({ ...issuer, ttl: 60 }))],
    [
      'ticketEndpoint(): no such option: revocation;',
      () => ticketEndpoint(any({ ...endpoint, revocation: new MemoryRevocations() })),
    ],
    [
      'ticketEndpoint(): cookie: no such option: path;',
      () => ticketEndpoint(any({ ...endpoint, cookie: { name: 'sid', path: '/' } })),
    ],
    ['MemoryTicketStore: no such option: size;', () => new MemoryTicketStore(any({ size: 5 }))],
    ['MemoryRevocations: no such option: capacity;', () => new MemoryRevocations(any({ capacity: 5 }))],
    ['MemoryLimiter: no such option: perAddress;', () => new MemoryLimiter(any({ perAddress: 5 }))],
  ])('%s', (name, make) => {
    make()
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining(`${name} it does nothing. There are `),
      'WsauthWarning',
    )
  })

  it('and none that does', () => {
    const now = Date.now
    jwtVerifier({ ...jwt, typ: 'JWT', leewayMs: 0, requiredClaims: [], maxLifetimeMs: 1, cacheSize: 0, now })
    jwtVerifier({ ...jwks, algorithms: ['ES256'], issuer: false, audience: false, fetch, userId: () => '' })
    introspection({
      endpoint: opaque.endpoint,
      headers: {},
      audience: false,
      issuer: false,
      userId: () => '',
      fetch,
      now,
    })
    introspection({ ...opaque, cacheMs: 0, cacheSize: 1, timeoutMs: 1 })
    tokenIssuer({ ...issuer, ttlMs: 1_000, keyId: 'k', now })
    const parts = { revocations: new MemoryRevocations({ now }), limiter: new MemoryLimiter({ now }) }
    const store = new MemoryTicketStore({ capacity: 1, now })
    ticketEndpoint({ ...endpoint, ...parts, store, ttlMs: 10_000, cookie: false, tokenBytes: 1, now })
    ticketEndpoint({ ...endpoint, cookie: { name: 'sid' } })
    for (const one of [cookie, firstMessage, header, query, subprotocol, ticket]) one()
    expect(warn).not.toHaveBeenCalled()
  })
})

it('a method that has no options says so', () => {
  header(any({ name: 'x-token' }))
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    'header(): no such option: name; it does nothing. It takes none',
    'WsauthWarning',
  )
})

describe('options that are no object, or no yes or no, show where they are given', () => {
  it.each<[string, () => unknown]>([
    ['cookie(): give its options by name, { name }', () => cookie(any('sid'))],
    ['query(): give its options by name, { param, ', () => query(any('access_token'))],
    ['firstMessage(): give its options by name, { bearerText }', () => firstMessage(any(false))],
    ['subprotocol(): give its options by name, { allowBare }', () => subprotocol(any(true))],
    ['header(): it takes no options', () => header(any('x-token'))],
    ['ticket(): give its options by name, { store, param }', () => ticket(any('t'))],
    ['give it to ticket({ store })', () => ticket(any(new MemoryTicketStore()))],
    ['firstMessage().bearerText is "no": write true or false', () => firstMessage(any({ bearerText: 'no' }))],
    ['subprotocol().allowBare is 1: write true or false', () => subprotocol(any({ allowBare: 1 }))],
  ])('%s', (message, make) => {
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })
})
