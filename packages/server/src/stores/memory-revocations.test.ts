import { describe, expect, it } from 'vitest'
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

  it('forgets what has ended before it grows', async () => {
    let nowMs = 0
    const store = new MemoryRevocations({ now: () => nowMs })
    for (let n = 0; n < 5_000; n++) {
      nowMs += 1
      await store.add({ userId: `user-${n}`, issuedBeforeMs: nowMs, marginMs: 0, expiresAtMs: nowMs + 10 })
    }
    expect(store.isRevoked({ userId: 'user-4999' })).toBe(true)
    expect(store.isRevoked({ userId: 'user-1' })).toBe(false)
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
