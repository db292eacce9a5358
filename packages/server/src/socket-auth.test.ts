import { expect, it } from 'vitest'
import { socketAuth } from './socket-auth.ts'

it('31. what the application holds cannot be changed, and lends nothing from a prototype', () => {
  const names = { userId: 'ada', sessionId: 'session-1' }
  const grant = { subject: { userId: 'ada' }, sessionId: 'session-1' }
  const claims = Object.freeze(Object.assign(Object.create(null), { role: 'admin' }))
  const known = socketAuth(grant, { userId: 'ada', claims, expiresAt: 5 }, 'header')
  expect(known).toEqual({ ...names, claims: { role: 'admin' }, method: 'header', expiresAt: 5 })
  const unknown = socketAuth(grant, undefined, 'anonymous')
  for (const auth of [known, unknown]) {
    expect(Object.isFrozen(auth) && Object.isFrozen(auth.claims)).toBe(true)
    expect(Object.getPrototypeOf(auth.claims)).toBe(null)
    expect('constructor' in auth.claims).toBe(false)
    expect(() => Object.assign(auth, { userId: 'root' })).toThrow(TypeError)
    expect(() => Object.assign(auth.claims, { role: 'root' })).toThrow(TypeError)
  }
})
