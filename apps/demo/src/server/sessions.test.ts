import { beforeEach, describe, expect, it } from 'vitest'
import { openDatabase, signingKey } from './database.ts'
import { type Session, Sessions } from './sessions.ts'
import { Users } from './users.ts'

const week = 7 * 24 * 3_600_000

describe('sessions', () => {
  const database = openDatabase(':memory:')
  const users = new Users(database)
  const user = users.add('alice', 'hash', 0)
  const sessions = new Sessions(database)
  let session: Session

  beforeEach(() => {
    session = sessions.open(user?.id ?? '', 0)
  })

  function rotate(token: string, nowMs: number): string {
    const rotation = sessions.rotate(token, nowMs)
    if (!rotation.ok) throw new Error('refused')
    return rotation.session.refreshToken
  }

  it('gives a new token for each one, in the same session', () => {
    const rotation = sessions.rotate(session.refreshToken, 1)
    expect(rotation).toMatchObject({ ok: true, session: { sessionId: session.sessionId, userId: user?.id } })
    expect(rotation.ok && rotation.session.refreshToken).not.toBe(session.refreshToken)
  })

  it('ends the session for everybody when a used token turns up again', () => {
    const second = rotate(session.refreshToken, 1)
    const third = rotate(second, 2)
    expect(sessions.rotate(session.refreshToken, 3)).toEqual({
      ok: false,
      reusedSessionId: session.sessionId,
    })
    expect(sessions.rotate(third, 4)).toEqual({ ok: false })
  })

  it('forgives within ten seconds when the answer was lost', () => {
    const lost = rotate(session.refreshToken, 1)
    const again = rotate(session.refreshToken, 5_000)
    expect(sessions.sessionOf(again, 5_001)).toBe(session.sessionId)
    expect(sessions.rotate(lost, 5_002)).toEqual({ ok: false, reusedSessionId: session.sessionId })
    expect(sessions.rotate(again, 5_003)).toEqual({ ok: false })
  })

  it('does not forgive after ten seconds', () => {
    rotate(session.refreshToken, 1)
    expect(sessions.rotate(session.refreshToken, 10_001)).toMatchObject({
      reusedSessionId: session.sessionId,
    })
  })

  it.each(['', 'x', "' OR 1=1 --"])('knows nothing of %j', (token) => {
    expect(sessions.rotate(token, 1)).toEqual({ ok: false })
    expect(sessions.sessionOf(token, 1)).toBeUndefined()
  })

  it('refuses what was revoked and what has ended, and forgets the latter', () => {
    sessions.revoke(session.sessionId, 1)
    expect(sessions.rotate(session.refreshToken, 2)).toEqual({ ok: false })
    const other = sessions.open(user?.id ?? '', 0)
    expect(sessions.rotate(other.refreshToken, week)).toEqual({ ok: false })
    sessions.sweep(week + 1)
    expect(database.prepare('SELECT count(*) AS n FROM refresh_tokens').get()).toEqual({ n: 0 })
  })

  it('keeps hashes only', () => {
    const dump = JSON.stringify(database.prepare('SELECT * FROM refresh_tokens').all())
    expect(dump).not.toContain(session.refreshToken)
  })
})

describe('users', () => {
  const users = new Users(openDatabase(':memory:'))

  it('makes the first one the administrator, and compares names without case', () => {
    expect(users.any).toBe(false)
    expect(users.add('Alice', 'hash', 0)).toMatchObject({ name: 'Alice', admin: true })
    expect(users.add('ALICE', 'hash', 0)).toBeUndefined()
    expect(users.add('bob', 'hash', 0)).toMatchObject({ admin: false })
    expect(users.byName('alice')).toMatchObject({ name: 'Alice' })
  })

  it('knows a device of one user as nobody else’s', () => {
    const [alice, bob] = [users.byName('alice'), users.byName('bob')]
    const device = users.addDevice(alice?.id ?? '', 0)
    expect(users.knowsDevice(alice?.id ?? '', device)).toBe(true)
    expect(users.knowsDevice(bob?.id ?? '', device)).toBe(false)
  })
})

it('makes a signing key once for each database, never the same for two', () => {
  const [one, two] = [openDatabase(':memory:'), openDatabase(':memory:')]
  expect(signingKey(one)).toEqual(signingKey(one))
  expect(signingKey(one)).toHaveLength(32)
  expect(signingKey(one)).not.toEqual(signingKey(two))
})
