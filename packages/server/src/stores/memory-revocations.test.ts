import { describe, expect, it, vi } from 'vitest'
import { revocationStoreCases } from '../testing/revocation-store-cases.ts'
import { MemoryRevocations } from './memory-revocations.ts'
import { covers } from './revocation-store.ts'

describe('MemoryRevocations', () => {
  for (const { name, run } of revocationStoreCases) {
    it(name, () => {
      let aheadMs = 0
      return run(
        () => new MemoryRevocations({ now: () => Date.now() + aheadMs }),
        (ms) => {
          aheadMs += ms
        },
      )
    })
  }

  const lasting = (userId: string, expiresAtMs: number) => ({
    userId,
    issuedBeforeMs: 0,
    marginMs: 0,
    expiresAtMs,
  })

  it('forgets what has ended before it grows', async () => {
    let nowMs = 0
    const store = new MemoryRevocations({ now: () => nowMs })
    const kept = vi.spyOn(Map.prototype, 'set')
    for (let n = 0; n < 5_000; n++) {
      nowMs += 1
      await store.add(lasting(`user-${n}`, nowMs + 10))
    }
    const mine = (kept.mock.contexts as Map<string, unknown>[]).find((map) => map.has('user:user-4999'))
    kept.mockRestore()
    expect(mine?.size).toBeLessThanOrEqual(1_024)
    expect(store.isRevoked({ userId: 'user-4999' })).toBe(true)
    expect(store.isRevoked({ userId: 'user-1' })).toBe(false)
  })

  it('forgets nothing that lasts, and looks through all of it only when it has doubled', async () => {
    const now = vi.fn(() => 999)
    const store = new MemoryRevocations({ now })
    for (let n = 0; n < 5_000; n++) await store.add(lasting(`user-${n}`, 1_000))
    expect(now.mock.calls.length).toBeLessThan(10_000)
    for (let n = 0; n < 5_000; n++) expect(store.isRevoked({ userId: `user-${n}` })).toBe(true)
  })

  it('ends with the later of two for one user, to the millisecond', async () => {
    let nowMs = 0
    const store = new MemoryRevocations({ now: () => nowMs })
    await store.add(lasting('ada', 1_000))
    await store.add(lasting('ada', 500))
    nowMs = 999
    expect(store.isRevoked({ userId: 'ada' })).toBe(true)
    nowMs = 1_000
    expect(store.isRevoked({ userId: 'ada' })).toBe(false)
  })
})

describe('covers', () => {
  const revocation = { userId: 'ada', issuedBeforeMs: 10_500, marginMs: 0, expiresAtMs: 1e9 }
  it.each([
    [{ userId: 'ada', issuedAt: 9_000 }, true],
    [{ userId: 'ada', issuedAt: 10_000 }, true],
    [{ userId: 'ada', issuedAt: 10_900 }, true],
    [{ userId: 'ada', issuedAt: 11_000 }, false],
    [{ userId: 'ada' }, true],
    [{ userId: 'bob', issuedAt: 9_000 }, false],
  ])('a user: %j is %s', (principal, covered) => {
    expect(covers(revocation, principal)).toBe(covered)
  })

  it('a token, whenever it was made', () => {
    const token = { tokenId: 't', issuedBeforeMs: 0, marginMs: 0, expiresAtMs: 1e9 }
    expect(covers(token, { userId: 'ada', tokenId: 't', issuedAt: 5_000 })).toBe(true)
    expect(covers(token, { userId: 'ada', issuedAt: 0 })).toBe(false)
  })

  it('a session, not principals without one', () => {
    const session = { sessionId: 's', issuedBeforeMs: 10_000, marginMs: 0, expiresAtMs: 1e9 }
    expect(covers(session, { userId: 'ada', sessionId: 's', issuedAt: 0 })).toBe(true)
    expect(covers(session, { userId: 'ada', issuedAt: 0 })).toBe(false)
  })
})
