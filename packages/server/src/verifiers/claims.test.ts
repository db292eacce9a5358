import { afterEach, describe, expect, it } from 'vitest'
import { type ClaimRules, parsedClaims } from './claims.ts'

const rules: ClaimRules = {
  issuers: ['https://id.example', 'https://other.example'],
  audiences: ['chat'],
  leewayMs: 0,
  maxLifetimeMs: 1_000,
  requiredClaims: [],
  userId: undefined,
}
const parsed = (claims: object) => parsedClaims(Buffer.from(JSON.stringify(claims)), rules)

describe('parsedClaims', () => {
  afterEach(() => {
    Reflect.deleteProperty(Object.prototype, 'iss')
  })

  it.each([
    [{ iss: 'https://other.example', aud: 'chat', sub: 'ada' }],
    [{ iss: 'https://evil.example', aud: ['chat', 'mail'] }],
    [{ iss: ['https://id.example'], aud: { chat: true } }],
    [{ sub: 'ada' }],
  ])('says what was said: %j', (claims) => {
    expect(parsed(claims)).toEqual(claims)
  })

  it('takes nothing that a prototype lends', () => {
    Object.defineProperty(Object.prototype, 'iss', {
      value: 'https://id.example',
      configurable: true,
      writable: true,
    })
    expect(Object.keys(parsed({ sub: 'ada' }) ?? {})).toEqual(['sub'])
    expect(parsed({ sub: 'ada' })?.iss).toBe(undefined)
  })
})
