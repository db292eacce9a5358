import { expect, it } from 'vitest'
import { isOver, noticeAt } from './deadlines.ts'

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
