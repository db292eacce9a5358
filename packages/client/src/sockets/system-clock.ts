import type { Clock } from '@wsauth/protocol'

let lastMs = 0
let setBackMs = 0

/**
 * The clock of the runtime. `now()` is the wall clock made monotonic: it never goes back, and it counts the time that the
 * machine slept, which `performance.now()` leaves out on some platforms. It is good for durations alone, so a wall clock that
 * is wrong changes nothing; one that is set ahead looks like sleep, after which everything is looked at again.
 */
export const systemClock: Clock = {
  now() {
    const ms = Date.now()
    if (ms < lastMs) setBackMs += lastMs - ms
    lastMs = ms
    return ms + setBackMs
  },
  wallNow: Date.now,
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
