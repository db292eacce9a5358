import { expect, it } from 'vitest'
import { type Attempt, LogInLimits, SignUpLimits } from './log-in-limits.ts'

async function tries(limits: LogInLimits, attempt: Attempt): Promise<number> {
  for (let n = 0; n < 1_000; n += 1) if ((await limits.count(attempt)) !== undefined) return n
  return 1_000
}

it('stops a stranger after ten attempts at one account', async () => {
  expect(await tries(new LogInLimits(), { account: 'alice', address: '192.0.2.1' })).toBe(10)
})

it('stops strangers from many addresses, and lets the owner in meanwhile', async () => {
  const limits = new LogInLimits()
  let guesses = 0
  for (let n = 0; n < 50; n += 1)
    guesses += await tries(limits, { account: 'alice', address: `192.0.2.${n}` })
  expect(guesses).toBe(100)
  expect(await limits.count({ account: 'alice', address: '192.0.2.1', device: 'hers' })).toBeUndefined()
})

it('stops one address that tries many accounts', async () => {
  const limits = new LogInLimits()
  let guesses = 0
  for (let n = 0; n < 50; n += 1)
    guesses += await tries(limits, { account: `user${n}`, address: '192.0.2.1' })
  expect(guesses).toBeLessThanOrEqual(60)
  expect(await limits.count({ account: 'user1', address: '192.0.2.2' })).toBeUndefined()
})

it('gives a stolen device cookie no more than ten guesses', async () => {
  expect(await tries(new LogInLimits(), { account: 'alice', address: '192.0.2.1', device: 'hers' })).toBe(10)
})

it('does not count an attempt that was right', async () => {
  const limits = new LogInLimits()
  const attempt = { account: 'alice', address: '192.0.2.1' }
  for (let n = 0; n < 200; n += 1) {
    expect(await limits.count(attempt)).toBeUndefined()
    await limits.forgive(attempt)
  }
})

it('names the wait', async () => {
  const limits = new SignUpLimits()
  for (let n = 0; n < 20; n += 1) expect(await limits.count('192.0.2.1')).toBeUndefined()
  expect(await limits.count('192.0.2.1')).toBeGreaterThan(0)
})
