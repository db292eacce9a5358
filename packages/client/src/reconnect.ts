import { type BackoffOptions, backoffMs, defaultBackoff, nextAttempt } from '@wsauth/protocol'
import type { Setup } from './options.ts'

/** When a client dials again. */
export interface Reconnection {
  /** Dials after a while, by how long the last connection was open and what its end asked for; returns how long. */
  plan(openMs: number, retryAfterMs: number): number
  /** Dials soon, where it waits: the page is awake, or back on a network. */
  hasten(): unknown
  cancel(): void
}

export function reconnection(
  { clock, random }: Pick<Setup, 'clock' | 'random'>,
  backoff: BackoffOptions,
  dial: () => void,
): Reconnection {
  let attempt = 0
  /** A time that the server named holds for those who wake up, too. */
  let notBeforeMs = 0
  let cancel = () => {}

  function wait(ms: number): number {
    cancel()
    cancel = clock.schedule(ms, dial)
    return ms
  }

  return {
    plan(openMs, retryAfterMs) {
      const next = nextAttempt(attempt, openMs, random(), backoff, retryAfterMs)
      attempt = next.attempt
      notBeforeMs = clock.now() + retryAfterMs
      return wait(next.inMs)
    },
    // Not at once: whoever comes back to the network does not come alone.
    hasten: () => wait(backoffMs(0, random(), defaultBackoff, notBeforeMs - clock.now())),
    cancel: () => cancel(),
  }
}
