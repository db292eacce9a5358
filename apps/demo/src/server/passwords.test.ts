import { expect, it } from 'vitest'
import { Passwords, TooBusy } from './passwords.ts'

it('knows a password again, however its letters are composed, and no other', async () => {
  const passwords = new Passwords()
  const stored = await passwords.hash('caf\u00e9 au lait')
  expect(stored).not.toContain('caf')
  expect(await passwords.matches('cafe\u0301 au lait', stored)).toBe(true)
  expect(await passwords.matches('cafe au lait', stored)).toBe(false)
})

it('salts', async () => {
  const passwords = new Passwords()
  expect(await passwords.hash('the same')).not.toBe(await passwords.hash('the same'))
})

it('never lets in a name that does not exist, though it is checked as long', async () => {
  expect(await new Passwords().matches('', undefined)).toBe(false)
})

it('lets 32 wait and turns the rest away', async () => {
  const passwords = new Passwords(async () => Buffer.alloc(32))
  const results = await Promise.allSettled(Array.from({ length: 40 }, () => passwords.hash('x')))
  const refused = results.filter(({ status }) => status === 'rejected')
  // The dummy hash takes one of the four places.
  expect(refused).toHaveLength(40 - 3 - 32)
  expect(refused[0]).toMatchObject({ reason: expect.any(TooBusy) })
  expect(await passwords.hash('later')).toContain('.')
})
