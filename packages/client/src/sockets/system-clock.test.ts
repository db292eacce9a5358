import { afterEach, expect, it, vi } from 'vitest'
import { now } from './system-clock.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it('counts sleep, and does not notice a wall clock that is set back', () => {
  const wall = vi.spyOn(Date, 'now').mockReturnValue(2_000_000_000_000)
  const awake = vi.spyOn(performance, 'now').mockReturnValue(1_000)
  const startMs = now()
  const passed = (wallMs: number, awakeMs: number) => {
    wall.mockReturnValue(2_000_000_000_000 + wallMs)
    awake.mockReturnValue(1_000 + awakeMs)
    return now() - startMs
  }
  expect(passed(500, 500)).toBe(500)
  expect(passed(60_500, 500)).toBe(60_500)
  expect(passed(-86_400_000, 700)).toBe(60_700)
  expect(passed(-86_399_000, 1_700)).toBe(61_700)
})
