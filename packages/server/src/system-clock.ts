import { performance } from 'node:perf_hooks'
import type { Clock } from '@wsauth/protocol'

/** Node fires a timer of 2^31 ms or more at once; whoever waits longer looks again after this. */
export const maxTimerMs = 0x7fff_ffff

/** Time as the process has it. Its timers do not keep the process alive: sockets do that. */
export const systemClock: Clock = {
  // Whole milliseconds since the process began: a connection keeps nine such times, and what is no small integer of V8 (a
  // fraction, or more than 24 days) is an object of 16 bytes for each.
  // `performance` is imported, since the global is an accessor, and a handshake looks at the clock a dozen times.
  now: () => Math.floor(performance.now()),
  wallNow: () => Date.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), maxTimerMs))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
