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
  mirror.forgetEnded(10_000)
  expect(mirror.size).toBe(0)
})
