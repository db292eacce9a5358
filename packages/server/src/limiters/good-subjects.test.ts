import { expect, it } from 'vitest'
import { GoodSubjects } from './good-subjects.ts'

const address = '192.0.2.1'

it('is good for an hour from the last time, at that address', () => {
  let nowMs = 5_000
  const good = new GoodSubjects(100, () => nowMs)
  good.add(address, '@ada')
  expect(good.has(address, '@ada')).toBe(true)
  expect(good.has('192.0.2.2', '@ada')).toBe(false)
  nowMs += 3_000_000
  good.add(address, '@ada')
  nowMs += 3_599_000
  expect(good.has(address, '@ada')).toBe(true)
  nowMs += 1_000
  expect(good.has(address, '@ada')).toBe(false)
})

it('never keeps more than it may, and always the latest half of that', () => {
  const good = new GoodSubjects(100, () => 0)
  for (let n = 0; n < 1_000; n++) good.add(`192.0.2.${n % 7}`, `@${n}`)
  const kept = Array.from({ length: 1_000 }, (_, n) => n).filter((n) => good.has(`192.0.2.${n % 7}`, `@${n}`))
  expect(kept.length).toBeLessThanOrEqual(100)
  expect(kept.slice(-50)).toEqual(Array.from({ length: 50 }, (_, n) => 950 + n))
})

it('one subject that comes again and again pushes nobody out', () => {
  let nowMs = 0
  const good = new GoodSubjects(4, () => nowMs)
  good.add(address, '@ada')
  for (let n = 0; n < 100; n++) {
    nowMs += 10_000
    good.add(address, '@bob')
  }
  expect(good.has(address, '@ada')).toBe(true)
})

it('nor takes the room of one who comes later', () => {
  let nowMs = 0
  const good = new GoodSubjects(6, () => nowMs)
  good.add(address, '@ada')
  for (let n = 0; n < 10; n++) {
    nowMs += 60_000
    good.add(address, '@bob')
  }
  for (const name of ['@carol', '@dan', '@eve', '@fred']) good.add(address, name)
  expect(good.has(address, '@ada')).toBe(true)
})
