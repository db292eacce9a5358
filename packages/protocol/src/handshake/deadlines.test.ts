import { expect, it } from 'vitest'
import { isOver, noticeAt, refreshAt } from './deadlines.ts'

it.each([
  [0, 700],
  [0.5, 775],
  [1, 850],
])('5.10 a client with share %s of the span refreshes a credential of 1,000 ms after %s', (share, ms) => {
  expect(refreshAt(0, 1_000, share)).toBeCloseTo(ms)
})

it('5.10 a credential without end is not refreshed', () => {
  expect(refreshAt(5, Number.POSITIVE_INFINITY, 0)).toBe(Number.POSITIVE_INFINITY)
})

it.each([
  [1_000, 900],
  [600_000, 540_000],
  [86_400_000, 86_340_000],
  [0, 0],
])('5.4 the end of a credential of %s ms is announced after %s', (expiresInMs, ms) => {
  expect(noticeAt(0, expiresInMs)).toBe(ms)
})

it.each([
  [{}, false],
  [{ expiresInMs: 1 }, false],
  [{ expiresInMs: 0 }, true],
  [{ expiresInMs: 0, leewayMs: 1 }, false],
  [{ expiresInMs: -5, leewayMs: 5 }, true],
  [{ expiresInMs: Number.NaN }, true],
  [{ expiresInMs: 5, leewayMs: Number.NaN }, true],
])('5.7 a credential of %j is over: %s', (end, over) => {
  expect(isOver(end)).toBe(over)
})
