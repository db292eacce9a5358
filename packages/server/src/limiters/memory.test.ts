import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { limiterCases } from '../testing/limiter-cases.ts'
import { claimedSubject } from './limiter.ts'
import { MemoryLimiter } from './memory.ts'

describe('MemoryLimiter', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  for (const { name, run } of limiterCases) {
    it(name, () =>
      run(
        (limits) => new MemoryLimiter(limits),
        (ms) => vi.advanceTimersByTimeAsync(ms),
      ),
    )
  }

  it('has the limits of the table unless told', async () => {
    const limiter = new MemoryLimiter()
    const attempt = { address: '192.0.2.1', subject: () => '@ada' }
    for (let n = 0; n < 9; n++) await limiter.failed(attempt)
    expect(await limiter.waitMs(attempt)).toBe(0)
    await limiter.failed(attempt)
    expect(await limiter.waitMs(attempt)).toBeGreaterThan(0)
    for (let n = 0; n < 89; n++) await limiter.failed({ address: '192.0.2.1', subject: () => undefined })
    expect(await limiter.waitMs({ address: '192.0.2.1', subject: () => '@bob' })).toBe(0)
    await limiter.failed({ address: '192.0.2.1', subject: () => undefined })
    expect(await limiter.waitMs({ address: '192.0.2.1', subject: () => '@bob' })).toBeGreaterThan(0)
  })

  it('answers at once while nothing failed anywhere of late', async () => {
    const limiter = new MemoryLimiter()
    const attempt = { address: '192.0.2.1', subject: () => '@ada' }
    expect(limiter.waitMs(attempt)).toBe(0)
    for (let n = 0; n < 10; n++) await limiter.failed(attempt)
    await vi.advanceTimersByTimeAsync(59_000)
    expect(await limiter.waitMs(attempt)).toBe(1_000)
    await vi.advanceTimersByTimeAsync(61_001)
    expect(limiter.waitMs(attempt)).toBe(0)
  })

  it('takes those who name nobody for no subject of theirs, whatever somebody is called', async () => {
    const limiter = new MemoryLimiter({ failuresPerSubject: 2 })
    const nobody = (address: string) => ({ address, subject: () => undefined })
    const named = (address: string) => ({ address, subject: () => 'undefined' })
    for (let n = 0; n < 3; n++) await limiter.failed(nobody('192.0.2.1'))
    expect(await limiter.waitMs(named('192.0.2.1'))).toBe(0)
    for (let n = 0; n < 3; n++) await limiter.failed(named('192.0.2.2'))
    expect(await limiter.waitMs(nobody('192.0.2.2'))).toBe(0)
  })

  it('does not ask for the subject while nothing failed at the address', async () => {
    const subject = vi.fn(() => '@ada')
    await new MemoryLimiter().waitMs({ address: '192.0.2.1', subject })
    expect(subject).not.toHaveBeenCalled()
  })

  it('remembers so many good subjects and no more', async () => {
    const limiter = new MemoryLimiter({ capacity: 2, failuresPerAddress: 1 })
    for (const name of ['@a', '@b', '@c']) limiter.succeeded({ address: '192.0.2.1', subject: () => name })
    await limiter.failed({ address: '192.0.2.1', subject: () => undefined })
    expect(await limiter.waitMs({ address: '192.0.2.1', subject: () => '@c' })).toBe(0)
    expect(await limiter.waitMs({ address: '192.0.2.1', subject: () => '@a' })).toBeGreaterThan(0)
  })

  it('counts at so many addresses and no more: the one that failed longest ago is forgotten', async () => {
    const limiter = new MemoryLimiter({ capacity: 2, failuresPerAddress: 2 })
    const attempt = (n: number) => ({ address: `192.0.2.${n}`, subject: () => `@${n}` })
    for (const n of [1, 1, 2, 2, 1, 3, 3]) await limiter.failed(attempt(n))
    const waits = await Promise.all([1, 2, 3].map((n) => limiter.waitMs(attempt(n))))
    expect(waits.map((ms) => ms > 0)).toEqual([true, false, true])
    for (let n = 0; n < 1_000; n++) await limiter.failed(attempt(n))
    expect(vi.getTimerCount()).toBe(4)
  })

  it('leaves no timer behind a minute after the last failure', async () => {
    const limiter = new MemoryLimiter()
    for (let n = 0; n < 100; n++) await limiter.failed({ address: `192.0.2.${n}`, subject: () => `@${n}` })
    expect(vi.getTimerCount()).toBe(200)
    await vi.advanceTimersByTimeAsync(60_001)
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([
    ['failuresPerAddress', 0],
    ['failuresPerSubject', -1],
    ['capacity', Number.NaN],
    ['capacity', '5' as never],
  ])('refuses %s of %s', (name, value) => {
    expect(() => new MemoryLimiter({ [name]: value })).toThrow(
      `MemoryLimiter: \`${name}\` is a number above 0`,
    )
  })

  it('takes Infinity as no limit', async () => {
    const limiter = new MemoryLimiter({
      failuresPerSubject: Number.POSITIVE_INFINITY,
      failuresPerAddress: Number.POSITIVE_INFINITY,
    })
    const attempt = { address: '192.0.2.1', subject: () => '@ada' }
    for (let n = 0; n < 500; n++) await limiter.failed(attempt)
    expect(await limiter.waitMs(attempt)).toBe(0)
  })
})

describe('claimedSubject', () => {
  const jwt = (payload: string) => `h.${Buffer.from(payload).toString('base64url')}.s`

  it.each([
    ['the sub of a JWT', jwt('{"sub":"ada"}'), 'ada'],
    ['a sub that looks like a hash, which it is not', jwt('{"sub":"#ada"}'), '@#ada'],
    ['a sub that looks like such a one', jwt('{"sub":"@#ada"}'), '@@#ada'],
    ['a sub with such a sign in it', jwt('{"sub":"a#b@c"}'), 'a#b@c'],
    ['no sub', jwt('{}'), undefined],
    ['a sub that is no string', jwt('{"sub":5}'), undefined],
    ['an empty sub', jwt('{"sub":""}'), undefined],
    ['a sub beyond 256 characters', jwt(`{"sub":"${'x'.repeat(257)}"}`), undefined],
    ['no object', jwt('5'), undefined],
    ['null', jwt('null'), undefined],
    ['no JSON', jwt('{'), undefined],
    ['three empty parts', '..', undefined],
  ])('%s', (_, token, subject) => {
    expect(claimedSubject(token)).toBe(subject)
  })

  it('is a hash of an opaque token, so that nothing of it is kept', () => {
    for (const token of ['opaque-token', 'one.dot', '.', 'eyJzdWIiOiJhZGEifQ.', 'four.parts.of.it', '...']) {
      expect(claimedSubject(token)).toMatch(/^#[\w-]{43}$/)
    }
    expect(claimedSubject('opaque-token')).not.toBe(claimedSubject('opaque-tokem'))
  })
})
