/** After this long in `open` a connection was healthy, and the next loss starts the backoff anew. */
export const healthyMs = 5_000

/** No client dials again sooner than this, whatever chance says. */
const floorMs = 100

/** A timer that is longer than about this fires at once. */
const mostMs = 2e9

/** How long a client waits before it dials again; times in milliseconds. */
export interface BackoffOptions {
  /** Ceiling of the first wait, doubled with each attempt. Default 1,000. */
  readonly minDelayMs: number
  /** Where doubling ends. Default 30,000. */
  readonly maxDelayMs: number
}

/**
 * Full jitter: anywhere from nothing to a ceiling that doubles with each attempt, from 0, and never under 100 ms, whatever the
 * options are. A time that the server named is a floor, with up to `minDelayMs` on top so that those who were told the same do
 * not come together.
 *
 * @param random from 0 to 1, exclusive, as of `Math.random()`
 */
export function backoffMs(
  attempt: number,
  random: number,
  { minDelayMs = 1_000, maxDelayMs = 30_000 }: Partial<BackoffOptions>,
  retryAfterMs = 0,
): number {
  const ms =
    retryAfterMs > 0
      ? retryAfterMs + random * minDelayMs
      : random * Math.min(maxDelayMs, minDelayMs * 2 ** attempt)
  return Math.max(floorMs, Math.min(ms, mostMs) || 0)
}
