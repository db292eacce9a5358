import { hashedId, type Revocation } from '@wsauth/server'
import { describe, expect, it } from 'vitest'
import { entryOf, parseEntry, serializeEntry, targetsOf } from './revocation-entry.ts'

const times = { issuedBeforeMs: 1_000, marginMs: 50, expiresAtMs: 9_000 }

describe('a revocation in the log', () => {
  it.each<Revocation>([
    { ...times, userId: 'ada lovelace: 1' },
    { ...times, sessionId: 's' },
    { ...times, tokenId: '' },
    { ...times, userId: 'ada', connectionsOnly: true },
  ])('is read back as it was written: %o', (revocation) => {
    const entry = entryOf(revocation)
    expect(serializeEntry(entry)).not.toContain('ada')
    expect(parseEntry(serializeEntry(entry))).toEqual(entry)
  })

  it('is found by the credential it names', () => {
    const principal = { userId: 'ada', sessionId: 's' }
    expect(targetsOf(principal)).toContain(entryOf({ ...times, userId: 'ada' }).target)
    expect(targetsOf(principal)).toContain(entryOf({ ...times, sessionId: 's' }).target)
    expect(targetsOf(principal)).not.toContain(entryOf({ ...times, sessionId: 'ada' }).target)
    expect(entryOf({ ...times, userId: hashedId('ada'), hashed: true }).target).toBe(
      entryOf({ ...times, userId: 'ada' }).target,
    )
  })

  it.each<Revocation>([times, { ...times, userId: 'a', tokenId: 'b' }])(
    'names exactly one: not %o',
    (revocation) => {
      expect(() => entryOf(revocation)).toThrow(TypeError)
    },
  )

  it.each([
    '',
    'id',
    'id userId: credentials 1 2 3',
    'id nobody:x credentials 1 2 3',
    'id userId:x new 1 2 3',
    'id userId:x credentials 1 2',
  ])('is left alone where it is none of ours: %s', (line) => {
    expect(parseEntry(line)).toBeUndefined()
  })
})
