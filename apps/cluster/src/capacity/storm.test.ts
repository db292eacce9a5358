import { expect, it } from 'vitest'
import { everySecond, productsWay, type Storm, secondOf, seeded, storm } from './storm.ts'

const region = (of: Partial<Storm>): Storm => ({
  clients: 20_000,
  perSecond: 500,
  refusalCost: 0.05,
  retryAfterMs: () => 0,
  waiting: productsWay,
  random: seeded(1),
  seconds: 600,
  ...of,
})

it('everybody comes back, also where the servers take a fortieth of them a second', () => {
  const course = storm(region({}))
  expect(course.back.at(-1)).toBe(20_000)
  expect(secondOf(course, 20_000)).toBeLessThan(120)
})

it('the servers see a few times what they can take after the first seconds, not everybody each second', () => {
  const products = storm(region({})).arrivals.slice(15, 25)
  const naive = storm(region({ waiting: everySecond })).arrivals.slice(15, 25)
  expect(Math.max(...products)).toBeLessThan(Math.max(...naive) / 5)
})

it('servers that are busy with refusing let nobody in: with everybody coming each second they never recover', () => {
  expect(storm(region({ waiting: everySecond })).back.at(-1)).toBe(0)
})

it('told a time that fits the queue, fewer come in vain', () => {
  const told = storm(region({ retryAfterMs: (refused) => 1_000 + (refused / 500) * 1_000 }))
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
  expect(sum(told.arrivals)).toBeLessThan(sum(storm(region({})).arrivals))
  expect(told.back.at(-1)).toBe(20_000)
})

it('is the same each time', () => {
  expect(storm(region({}))).toEqual(storm(region({ random: seeded(1) })))
})
