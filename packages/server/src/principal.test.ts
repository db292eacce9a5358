import { describe, expect, it } from 'vitest'
import { checkedPrincipal } from './principal.ts'

describe('checkedPrincipal', () => {
  it('copies what it knows, frozen, and nothing else', () => {
    const claims = JSON.parse('{"__proto__":{"admin":true},"role":"user"}')
    const principal = checkedPrincipal({ userId: 'ada', claims, expiresAt: 5, password: 'planted' })
    expect(Object.keys(principal ?? {})).toEqual(['userId', 'claims', 'expiresAt'])
    expect(Object.isFrozen(principal) && Object.isFrozen(principal?.claims)).toBe(true)
    expect(Object.getPrototypeOf(principal?.claims)).toBe(null)
    expect(principal?.claims?.admin).toBeUndefined()
    claims.role = 'admin'
    expect(principal?.claims?.role).toBe('user')
  })

  it.each([
    undefined,
    null,
    'ada',
    {},
    { userId: '' },
    { userId: 5 },
    { userId: null },
    { userId: ['ada'] },
    { userId: 'x'.repeat(257) },
    { userId: 'ada', expiresAt: '5' },
    { userId: 'ada', expiresAt: Number.NaN },
    { userId: 'ada', expiresAt: Number.POSITIVE_INFINITY },
    { userId: 'ada', expiresAt: new Date() },
    { userId: 'ada', leewayMs: '5' },
    { userId: 'ada', issuedAt: {} },
    { userId: 'ada', sessionId: 5 },
    { userId: 'ada', tokenId: '' },
    { userId: 'ada', issuer: null },
    { userId: 'ada', claims: 'admin' },
    { userId: 'ada', claims: null },
  ])('is none: %j', (value) => {
    expect(checkedPrincipal(value)).toBeUndefined()
  })
})
