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

  it('copies all of it, and gives what was checked before back as it is', () => {
    const whole = {
      userId: 'x'.repeat(256),
      claims: { role: 'user' },
      expiresAt: 1,
      leewayMs: 2,
      sessionId: 's',
      tokenId: 't',
      issuedAt: 3,
      issuer: 'i',
    }
    const principal = checkedPrincipal(whole)
    expect({ ...principal, claims: { ...principal?.claims } }).toEqual(whole)
    expect(checkedPrincipal(principal)).toBe(principal)
    expect(Object.keys(checkedPrincipal({ userId: 'ada' }) ?? {})).toEqual(['userId'])
  })

  it('takes claims as they are that cannot change and lend nothing; others are copied', () => {
    const claimsOf = (claims: object) => checkedPrincipal({ userId: 'ada', claims })?.claims
    const safe = Object.freeze(Object.assign(Object.create(null), { role: 'user' }))
    expect(claimsOf(safe)).toBe(safe)
    for (const claims of [
      Object.freeze({ role: 'user' }),
      Object.assign(Object.create(null), { role: 'user' }),
    ]) {
      const copy = claimsOf(claims)
      expect(copy).not.toBe(claims)
      expect({ ...copy }).toEqual({ role: 'user' })
      expect(Object.isFrozen(copy) && Object.getPrototypeOf(copy) === null).toBe(true)
    }
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
