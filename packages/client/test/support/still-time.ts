import { FakeClock } from '@wsauth/protocol/testing'
import { afterEach, vi } from 'vitest'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** Time that stands still until the test moves it, and chance that says `share`, until the test ends. */
export function stillTime(share: () => number = () => 0.5): FakeClock {
  const clock = new FakeClock()
  vi.spyOn(performance, 'now').mockImplementation(() => clock.now())
  vi.spyOn(Date, 'now').mockImplementation(() => clock.wallNow())
  vi.spyOn(Math, 'random').mockImplementation(share)
  vi.stubGlobal('setTimeout', (callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) =>
    // Platforms read NaN as 0.
    clock.schedule(delayMs || 0, () => callback(...args)),
  )
  vi.stubGlobal('clearTimeout', (cancel?: () => void) => cancel?.())
  return clock
}
