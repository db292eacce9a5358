import type { Clock } from '@wsauth/protocol'

/** A monotonic clock may stand still while the machine sleeps; a wall clock that ran ahead by this much tells. */
const sleptMs = 1_000

let lastMs = 0
let lastWallMs = 0
let passedMs = 0

/**
 * The clock of the runtime. `now()` counts what `performance.now()` counts, and the sleep that some platforms leave out
 * of it. A wall clock that is wrong all along changes nothing; one that is set back changes nothing either.
 */
export const systemClock: Clock = {
  now() {
    const ms = performance.now()
    const wallMs = Date.now()
    const awakeMs = ms - lastMs
    const goneMs = wallMs - lastWallMs
    passedMs += lastWallMs && goneMs > awakeMs + sleptMs ? goneMs : awakeMs
    lastMs = ms
    lastWallMs = wallMs
    return passedMs
  },
  wallNow: Date.now,
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
