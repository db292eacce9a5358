import fc from 'fast-check'
import { expect, it } from 'vitest'
import { backoffMs } from './backoff.ts'

const options = { minDelayMs: 1_000, maxDelayMs: 30_000 }

it.each([
  [0, 0.999, 999],
  [1, 0.5, 1_000],
  [3, 0.5, 4_000],
  [5, 0.5, 15_000],
  [1_000, 0.5, 15_000],
  [0, 0, 100],
  [9, 0.001, 100],
])('6.8 attempt %s with chance %s waits %s ms', (attempt, random, ms) => {
  expect(backoffMs(attempt, random, options)).toBeCloseTo(ms)
})

it.each([
  [5_000, 0, 5_000],
  [5_000, 0.5, 5_500],
  [1, 0, 100],
  [0, 0.5, 500],
  [3_600_000, 0.999, 3_600_999],
])('6.8 a server that said %s ms, with chance %s, is left alone for %s ms', (retryAfterMs, random, ms) => {
  expect(backoffMs(0, random, options, retryAfterMs)).toBeCloseTo(ms)
})

it('P6 is never under 100 ms nor under what the server said, and never without end', () => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const ms = fc.double({ min: 0, max: 3_600_000, noNaN: true })
  const delays = fc.record({ minDelayMs: ms, maxDelayMs: ms })
  fc.assert(
    fc.property(fc.nat(), chance, delays, ms, (attempt, random, options, retryAfterMs) => {
      const inMs = backoffMs(attempt, random, options, retryAfterMs)
      expect(inMs).toBeGreaterThanOrEqual(Math.max(100, retryAfterMs))
      expect(inMs).toBeLessThanOrEqual(Math.max(100, retryAfterMs + options.minDelayMs, options.maxDelayMs))
    }),
  )
})

it.each([
  { minDelayMs: Number.NaN, maxDelayMs: Number.NaN },
  { minDelayMs: Infinity, maxDelayMs: Infinity },
  { minDelayMs: -1, maxDelayMs: -1 },
  { minDelayMs: 0, maxDelayMs: Infinity },
  { minDelayMs: 1e300, maxDelayMs: 1e300 },
])('6.8 whatever the options are (%j), it is a time that a timer takes', (options) => {
  for (const attempt of [0, 5, 2_000]) {
    for (const retryAfterMs of [0, 3_600_000]) {
      const ms = backoffMs(attempt, 0.5, options, retryAfterMs)
      expect(ms).toBeGreaterThanOrEqual(100)
      expect(ms).toBeLessThan(2 ** 31)
    }
  }
})

it('6.8 an option that is undefined has its default', () => {
  expect(backoffMs(9, 0.5, Object({ minDelayMs: undefined, maxDelayMs: undefined }))).toBe(15_000)
})
