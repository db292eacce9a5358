import { FakeClock, seededRandom } from '@wsauth/protocol/testing'
import { expect, it, vi } from 'vitest'
import type { Authenticator } from './authenticator.ts'
import { drain } from './drain.ts'

/** So many live connections, and when each is told to go, in the order of their coming. */
function node(count: number) {
  const clock = new FakeClock()
  const told: { inMs: number; retryAfterMs: number }[] = []
  const live = Array.from({ length: count }, (_, index) => ({
    drain: (inMs: number, retryAfterMs: number) => {
      told[index] = { inMs, retryAfterMs }
    },
  }))
  const authenticator = {
    options: { clock },
    live,
    stats: () => ({ ended: {} }),
    closeDoors: vi.fn(),
    empty: async () => {},
  }
  return { clock, told, authenticator: authenticator as unknown as Authenticator }
}

it('sends away evenly over the time, in random order, each told a time of its own', async () => {
  const { told, authenticator } = node(100)
  await drain(authenticator, { overMs: 10_000, batch: 1_000 }, seededRandom(1))
  const turns = told.map(({ inMs }) => inMs)
  const sorted = [...turns].sort((a, b) => a - b)
  expect(sorted.map((inMs) => Math.floor(inMs / 100))).toEqual(Array.from({ length: 100 }, (_, turn) => turn))
  expect(turns).not.toEqual(sorted)
  expect(new Set(told.map(({ retryAfterMs }) => retryAfterMs)).size).toBeGreaterThan(50)
  expect(Math.max(...told.map(({ retryAfterMs }) => retryAfterMs))).toBeLessThanOrEqual(1_000)
})

it('lets other work come in between batches, which is not added to the time', async () => {
  const { clock, told, authenticator } = node(100)
  const draining = drain(authenticator, { overMs: 10_000, batch: 10 }, () => 0.5)
  const toldSoFar: number[] = []
  for (let batch = 0; batch < 10; batch++) {
    toldSoFar.push(told.filter(Boolean).length)
    clock.advance(1_500)
    await new Promise(setImmediate)
  }
  await draining
  expect(toldSoFar).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
  expect(told.every(({ inMs }) => inMs >= 0 && inMs <= 1_000)).toBe(true)
  expect(told.filter(({ inMs }) => inMs === 0).length).toBeGreaterThan(50)
})

it.each([
  [{ overMs: -1 }, /overMs is -1/],
  [{ overMs: Number.POSITIVE_INFINITY }, /overMs is Infinity/],
  [{ overMs: Number.NaN }, /overMs is NaN/],
  [{ batch: 0 }, /batch is 0/],
  [{ batch: Number.NaN }, /batch is NaN/],
])('refuses %j', async (options, message) => {
  await expect(drain(node(0).authenticator, options)).rejects.toThrow(message)
})
