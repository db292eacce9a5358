import { scryptSync } from 'node:crypto'
import { expect, it, vi } from 'vitest'
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
  // Whatever is tried fits the dummy, and is hashed all the same.
  const derive = vi.fn(async () => Buffer.alloc(32))
  const passwords = new Passwords(derive)
  const stored = await passwords.hash('known')
  expect(await passwords.matches('known', stored)).toBe(true)
  const before = derive.mock.calls.length
  expect(await passwords.matches('guess', undefined)).toBe(false)
  expect(derive.mock.calls.slice(before)).toEqual([['guess', expect.any(Buffer)]])
})

it('costs what OWASP asks of scrypt: N = 2^17, r = 8, p = 1', async () => {
  const [salt = '', hash] = (await new Passwords().hash('a password')).split('.')
  const bytes = Buffer.from(salt, 'base64url')
  expect(bytes).toHaveLength(16)
  const expected = scryptSync('a password', bytes, 32, { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 })
  expect(hash).toBe(expected.toString('base64url'))
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
