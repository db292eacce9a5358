import { expect, it } from 'vitest'
import { median, medianRatio, percentile } from './statistics.ts'

it.each([
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected)
})

it('a median leaves its input in order', () => {
  const values = [3, 1, 2]
  median(values)
  expect(values).toEqual([3, 1, 2])
})

it('a ratio is taken round by round, so that a slow spell of the machine drops out', () => {
  // The third round was three times as slow for both.
  expect(medianRatio([10, 11, 33], [20, 22, 66])).toBe(0.5)
  // The quotient of medians would say 10 / 30.
  expect(medianRatio([10, 10, 40], [30, 10, 40])).toBe(1)
})

it('rounds that do not pair up have no ratio', () => {
  expect(() => medianRatio([1, 2], [1])).toThrow('pair')
})

it.each([
  [0.5, 50],
  [0.99, 99],
  [1, 100],
])('percentile %d of 1 to 100 is %d', (share, expected) => {
  expect(
    percentile(
      Array.from({ length: 100 }, (_, index) => 100 - index),
      share,
    ),
  ).toBe(expected)
})

it('nothing has neither median nor percentile', () => {
  expect(() => median([])).toThrow(RangeError)
  expect(() => percentile([], 0.5)).toThrow(RangeError)
})
