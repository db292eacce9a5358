import { afterEach, expect, it, vi } from 'vitest'
import { systemClock } from './system-clock.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it('counts sleep, and never goes back', () => {
  const wall = vi.spyOn(Date, 'now').mockReturnValue(1_000_000)
  const startMs = systemClock.now()
  wall.mockReturnValue(1_000_500)
  expect(systemClock.now() - startMs).toBe(500)
  wall.mockReturnValue(500)
  expect(systemClock.now() - startMs).toBe(500)
  wall.mockReturnValue(700)
  expect(systemClock.now() - startMs).toBe(700)
})

it('calls back, unless it is called off', async () => {
  const calledOff = vi.fn()
  systemClock.schedule(0, calledOff)()
  await new Promise<void>((resolve) => systemClock.schedule(1, resolve))
  expect(calledOff).not.toHaveBeenCalled()
})
