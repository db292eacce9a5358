import type { Revocation } from '@wsauth/server'
import { expect, it } from 'vitest'
import { entryOf } from './revocation-entry.ts'
import { RevocationMirror } from './revocation-mirror.ts'

const revocation = (of: Partial<Revocation>): Revocation => ({
  issuedBeforeMs: 5_000,
  marginMs: 0,
  expiresAtMs: 10_000,
  ...of,
})

it('answers for what it has heard of, until that has ended', () => {
  const mirror = new RevocationMirror()
  const entry = entryOf(revocation({ userId: 'ada' }))
  expect(mirror.covers({ userId: 'ada' }, 0)).toBe(false)
  expect([mirror.add(entry), mirror.add(entry)]).toEqual([true, false])
  expect(mirror.covers({ userId: 'ada', issuedAt: 1_000 }, 0)).toBe(true)
  expect(mirror.covers({ userId: 'ada', issuedAt: 6_000 }, 0)).toBe(false)
  expect(mirror.covers({ userId: 'bob' }, 0)).toBe(false)
  expect(mirror.covers({ userId: 'ada' }, 10_000)).toBe(false)
})

it('revokes nothing by a disconnect', () => {
  const mirror = new RevocationMirror()
  mirror.add(entryOf(revocation({ userId: 'ada', connectionsOnly: true })))
  expect(mirror.covers({ userId: 'ada' }, 0)).toBe(false)
})

it('knows what a server has lost, without what has ended', () => {
  const mirror = new RevocationMirror()
  const [kept, lost, ended] = ['a', 'b', 'c'].map((userId, n) =>
    entryOf(revocation({ userId, expiresAtMs: n === 2 ? 100 : 10_000 })),
  )
  for (const entry of [kept, lost, ended]) if (entry) mirror.add(entry)
  expect(mirror.missingFrom(new Set([kept?.id ?? '']), 200)).toEqual([lost])
  mirror.forgetEnded(200)
  expect(mirror.size).toBe(2)
  expect(['a', 'b', 'c'].map((userId) => mirror.against({ userId }).length)).toEqual([1, 1, 0])
  mirror.forgetEnded(10_000)
  expect(mirror.size).toBe(0)
})

it('finds what names the user, the session or the token, whichever it is', () => {
  const mirror = new RevocationMirror()
  mirror.add(entryOf(revocation({ sessionId: 's' })))
  mirror.add(entryOf(revocation({ tokenId: 't' })))
  const principal = { userId: 'ada', issuedAt: 1_000 }
  expect(mirror.covers({ ...principal, sessionId: 's', tokenId: 'another' }, 0)).toBe(true)
  expect(mirror.covers({ ...principal, sessionId: 'another', tokenId: 't' }, 0)).toBe(true)
  expect(mirror.covers({ ...principal, sessionId: 't', tokenId: 's' }, 0)).toBe(false)
})

it('does not forget what an earlier one said that ends later', () => {
  const mirror = new RevocationMirror()
  mirror.add(entryOf(revocation({ userId: 'ada', issuedBeforeMs: 9_000, expiresAtMs: 10_000 })))
  mirror.add(entryOf(revocation({ userId: 'ada', issuedBeforeMs: 5_000, expiresAtMs: 20_000 })))
  mirror.add(entryOf(revocation({ userId: 'ada', issuedBeforeMs: 4_000, expiresAtMs: 15_000 })))
  expect(mirror.covers({ userId: 'ada', issuedAt: 8_000 }, 0)).toBe(true)
  mirror.forgetEnded(10_000)
  expect(mirror.against({ userId: 'ada' })).toHaveLength(2)
  expect(mirror.covers({ userId: 'ada', issuedAt: 8_000 }, 10_000)).toBe(false)
  expect(mirror.covers({ userId: 'ada', issuedAt: 4_500 }, 16_000)).toBe(true)
})

it('a thousand of one user are looked up as fast as one, and a disconnect takes none of them away', () => {
  const mirror = new RevocationMirror()
  for (let n = 0; n < 1_000; n++) mirror.add(entryOf(revocation({ userId: 'ada', issuedBeforeMs: n })))
  mirror.add(entryOf(revocation({ userId: 'ada', connectionsOnly: true })))
  expect(mirror.size).toBe(1_001)
  expect(mirror.against({ userId: 'ada' })).toHaveLength(2)
  expect(mirror.covers({ userId: 'ada', issuedAt: 0 }, 0)).toBe(true)
})
