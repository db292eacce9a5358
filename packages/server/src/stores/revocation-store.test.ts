import { describe, expect, it } from 'vitest'
import { MemoryRevocations } from './memory-revocations.ts'
import { covers, hashedId, type Revocation } from './revocation-store.ts'

const atMs = 1_700_000_000_500
const base: Revocation = { issuedBeforeMs: atMs, marginMs: 0, expiresAtMs: atMs + 60_000 }

describe('SECURITY 27 a revocation that keeps no names', () => {
  it.each(['userId', 'sessionId', 'tokenId'] as const)('covers by a hashed %s', (kind) => {
    const principal = { userId: 'ada', sessionId: 's1', tokenId: 't1', issuedAt: atMs }
    const revocation: Revocation = { ...base, [kind]: hashedId(principal[kind]), hashed: true }
    expect(covers(revocation, principal)).toBe(true)
    expect(covers(revocation, principal)).toBe(true)
    expect(covers(revocation, { ...principal, [kind]: 'another' })).toBe(false)
    expect(covers({ ...revocation, [kind]: principal[kind] }, principal)).toBe(false)
  })

  it('is found under the name that stores have kept it by: 132 bits of its SHA-256', () => {
    expect(hashedId('ada')).toBe('_e5DDUC9V97qwYbNl5ADPQ')
  })

  it('does not cover a principal without the identifier, nor one made later', () => {
    const bySession: Revocation = { ...base, sessionId: hashedId('s1'), hashed: true }
    expect(covers(bySession, { userId: 'ada', issuedAt: atMs })).toBe(false)
    const byUser: Revocation = { ...base, userId: hashedId('ada'), hashed: true }
    expect(covers(byUser, { userId: 'ada', issuedAt: atMs + 1_000 })).toBe(false)
  })
})

describe('a fleet-wide disconnect', () => {
  it('reaches the listeners, covers connections of any age, and leaves the credential good', async () => {
    const store = new MemoryRevocations({ now: () => atMs })
    const heard: Revocation[] = []
    store.subscribe((revocation) => heard.push(revocation))
    const disconnect: Revocation = { ...base, userId: 'ada', connectionsOnly: true }
    await store.add(disconnect)
    expect(heard).toEqual([disconnect])
    expect(covers(disconnect, { userId: 'ada', issuedAt: atMs + 5_000 })).toBe(true)
    expect(store.isRevoked({ userId: 'ada', issuedAt: 0 })).toBe(false)
  })
})
