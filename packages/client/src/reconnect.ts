import { type BackoffOptions, backoffMs, nextAttempt } from '@wsauth/protocol'
import { now } from '#clock'

/** When a client dials again. */
export interface Reconnection {
  /** Dials after a while, by how long the last connection was open and what its end asked for; returns how long. */
  plan(openMs: number, retryAfterMs: number): number
  /** Dials soon, where it waits: the page is awake, or back on a network. */
  hasten(): unknown
  cancel(): void
}

export function reconnection(backoff: Partial<BackoffOptions>, dial: () => void): Reconnection {
  let attempt = 0
  /** A time that the server named holds for those who wake up, too. */
  let notBeforeMs = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function wait(ms: number): number {
    clearTimeout(timer)
    timer = setTimeout(dial, ms)
    return ms
  }

  return {
    plan(openMs, retryAfterMs) {
      let inMs: number
      ;[attempt, inMs] = nextAttempt(attempt, openMs, Math.random(), backoff, retryAfterMs)
      notBeforeMs = now() + retryAfterMs
      return wait(inMs)
    },
    // Not at once: whoever comes back to the network does not come alone.
    hasten: () => wait(backoffMs(0, Math.random(), {}, notBeforeMs - now())),
    cancel: () => clearTimeout(timer),
  }
}
