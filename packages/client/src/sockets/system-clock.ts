let aheadMs = 0

/**
 * Milliseconds on a clock that never goes back: `performance.now()`, and with it the time that the machine slept, which some
 * platforms leave out of it and the wall clock shows. A wall clock that is set back changes nothing; one that is set ahead
 * looks like sleep, after which everything is looked at again. Good for durations alone.
 */
export function now(): number {
  const ms = performance.now()
  aheadMs = Math.max(aheadMs, Date.now() - ms)
  return ms + aheadMs
}
