/** Time, as the drivers need it. A test hands in a clock of its own and moves it itself. */
export interface Clock {
  /** Milliseconds on a clock that never jumps (`performance.now()`): for every duration and deadline. */
  now(): number
  /** Milliseconds since the epoch (`Date.now()`): only to compare with times in a token. */
  wallNow(): number
  /** Calls back once, no earlier than `delayMs` from now; returns the way to call it off. */
  schedule(delayMs: number, callback: () => void): () => void
}
