import type { Clock } from '../ports/clock.ts'

interface Entry {
  readonly atMs: number
  readonly callback: () => void
}

/**
 * A clock that stands still until a test moves it. Callbacks run in the order in which they are due, and those that
 * are due together in the order in which they were scheduled.
 *
 * @example const clock = new FakeClock(); clock.schedule(5_000, close); clock.advance(5_000)
 */
export class FakeClock implements Clock {
  #nowMs: number
  #wallOffsetMs: number
  /** Ordered by when they are due. */
  readonly #entries: Entry[] = []

  constructor(nowMs = 0, wallNowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs
    this.#wallOffsetMs = wallNowMs - nowMs
  }

  now(): number {
    return this.#nowMs
  }

  wallNow(): number {
    return this.#nowMs + this.#wallOffsetMs
  }

  /** `Infinity` never comes; a negative delay is due now; `NaN` is a mistake and throws. */
  schedule(delayMs: number, callback: () => void): () => void {
    if (Number.isNaN(delayMs)) throw new RangeError('A delay of NaN ms')
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, delayMs), callback }
    let place = this.#entries.length
    while (place > 0 && (this.#entries[place - 1]?.atMs ?? 0) > entry.atMs) place--
    this.#entries.splice(place, 0, entry)
    return () => {
      const at = this.#entries.indexOf(entry)
      if (at >= 0) this.#entries.splice(at, 1)
    }
  }

  /** How many callbacks wait: 0 at the end of a test shows that nothing was left behind. */
  get pending(): number {
    return this.#entries.length
  }

  /** When the next callback is due; `Infinity` where none waits. */
  get nextAtMs(): number {
    return this.#entries[0]?.atMs ?? Number.POSITIVE_INFINITY
  }

  /** Lets `ms` pass: each callback that becomes due on the way runs at its own moment. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    while (this.#runNext(untilMs)) {}
    this.#nowMs = untilMs
  }

  /** As {@link advance}, and what each callback awaits may go on before the next one runs. */
  async advanceAsync(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settle()
    while (this.#runNext(untilMs)) await settle()
    this.#nowMs = untilMs
    await settle()
  }

  /** Lets `ms` pass as a suspended machine does: nothing runs meanwhile, and what is overdue runs with the next advance. */
  sleep(ms: number): void {
    this.#nowMs += ms
  }

  /** Somebody sets the wall clock; durations do not notice. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs += ms
  }

  #runNext(untilMs: number): boolean {
    const entry = this.#entries[0]
    if (!entry || entry.atMs > untilMs) return false
    this.#entries.shift()
    this.#nowMs = Math.max(this.#nowMs, entry.atMs)
    entry.callback()
    return true
  }
}

/** Enough turns of the microtask queue for a chain of awaits to come to its end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}
