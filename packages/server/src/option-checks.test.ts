import { afterEach, describe, expect, it, vi } from 'vitest'
import { cookie } from './methods/cookie.ts'
import { firstMessage } from './methods/first-message.ts'
import { query } from './methods/query.ts'
import { subprotocol } from './methods/subprotocol.ts'
import { ticket } from './methods/ticket.ts'
import { MemoryTicketStore } from './stores/memory-tickets.ts'
import { introspection } from './verifiers/introspection.ts'
import { jwtVerifier } from './verifiers/jwt.ts'

/** As JavaScript hands it over, where no compiler looks. */
const any = (value: unknown): never => value as never
const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
afterEach(() => warn.mockClear())

const jwt = { key: 'k'.repeat(32), algorithms: ['HS256'], issuer: 'me', audience: 'chat' }
const jwks = { jwks: 'https://id.example/jwks' }
const opaque = { endpoint: 'https://id.example/introspect', clientId: 'chat', clientSecret: 'secret' }

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
    const { endpoint } = opaque
    introspection({ endpoint, headers: {}, audience: false, issuer: false, userId: () => '', fetch, now })
    introspection({ ...opaque, cacheMs: 0, cacheSize: 1, timeoutMs: 1 })
    for (const one of [cookie, firstMessage, query, subprotocol, ticket]) one()
    expect(warn).not.toHaveBeenCalled()
  })
})

describe('options that are no object, or no yes or no, show where they are given', () => {
  it.each<[string, () => unknown]>([
    ['cookie(): give its options by name, { name }', () => cookie(any('sid'))],
    ['query(): give its options by name, { param, ', () => query(any('access_token'))],
    ['firstMessage(): give its options by name, { bearerText }', () => firstMessage(any(false))],
    ['subprotocol(): give its options by name, { allowBare }', () => subprotocol(any(true))],
    ['ticket(): give its options by name, { store, param }', () => ticket(any('t'))],
    ['give it to ticket({ store })', () => ticket(any(new MemoryTicketStore()))],
    ['firstMessage().bearerText is "no": write true or false', () => firstMessage(any({ bearerText: 'no' }))],
    ['subprotocol().allowBare is 1: write true or false', () => subprotocol(any({ allowBare: 1 }))],
  ])('%s', (message, make) => {
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })
})
