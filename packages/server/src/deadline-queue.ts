import type { Clock } from '@wsauth/protocol'
import { maxTimerMs } from './system-clock.ts'

/** Something with a moment at which it is to be looked at. The queue keeps `dueAtMs` and `place`. */
export interface Due {
  /** Absolute, on the monotonic clock; it has no meaning outside the queue. */
  dueAtMs: number
  /** Where it stands in the queue; -1 outside. */
  place: number
  onDue(nowMs: number): void
}

/** What is due together is worked off in slices of this many milliseconds, so that frames of others come in between. */
const sliceMs = 8
/** How many items are worked off between two looks at the clock. */
const sliceItems = 16

/**
 * One timer for all deadlines of a server: a binary heap of what waits, the earliest first (SECURITY 23).
 *
 * Each item knows its place, so moving or removing one costs log n and nothing is allocated.
 */
export class DeadlineQueue {
  readonly #heap: Due[] = []
  readonly #clock: Clock
  readonly #later: (callback: () => void) => void
  #timerAtMs = Number.POSITIVE_INFINITY
  #cancel: (() => void) | undefined
  #running = false

  /** `later` lets other work come in between two slices. */
  constructor(clock: Clock, later: (callback: () => void) => void = setImmediate) {
    this.#clock = clock
    this.#later = later
  }

  /** How many items wait. */
  get size(): number {
    return this.#heap.length
  }

  /** Puts the item where it belongs now; `Infinity` takes it out. */
  set(item: Due, dueAtMs: number): void {
    if (dueAtMs === Number.POSITIVE_INFINITY) {
      // `dueAtMs` of the item stays as it is: one that was ever `Infinity` is an object in each item from then on.
      this.#remove(item)
      return
    }
    const before = item.dueAtMs
    item.dueAtMs = dueAtMs
    if (item.place < 0) {
      item.place = this.#heap.push(item) - 1
      this.#rise(item)
    } else if (dueAtMs < before) this.#rise(item)
    else if (dueAtMs > before) this.#sink(item)
    if (item.place === 0) this.#arm()
  }

  #remove(item: Due): void {
    const { place } = item
    if (place < 0) return
    item.place = -1
    const last = this.#heap.pop()
    if (last !== undefined && last !== item) {
      this.#put(last, place)
      this.#rise(last)
      this.#sink(last)
    } else if (this.#heap.length === 0 && !this.#running) this.#disarm()
  }

  #disarm(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#timerAtMs = Number.POSITIVE_INFINITY
  }

  /** One timer, never later than the first item; where it comes too early it is set anew. */
  #arm(): void {
    const first = this.#heap[0]
    if (this.#running || !first || first.dueAtMs >= this.#timerAtMs) return
    this.#disarm()
    this.#timerAtMs = first.dueAtMs
    // A timer may fire up to a millisecond early, hence the rounding up; a 30-day token sleeps in slices.
    const delayMs = Math.min(Math.max(1, Math.ceil(first.dueAtMs - this.#clock.now())), maxTimerMs)
    this.#cancel = this.#clock.schedule(delayMs, () => this.#run())
  }

  #run(): void {
    this.#running = true
    const nowMs = this.#clock.now()
    let isDone = false
    try {
      isDone = this.#workOff(nowMs)
    } finally {
      // Whatever an item does, the others keep their timer.
      this.#running = false
      this.#timerAtMs = Number.POSITIVE_INFINITY
      if (isDone) this.#arm()
      else this.#continueLater()
    }
  }

  /** Up to one slice of what is due; true where nothing is left of it. */
  #workOff(nowMs: number): boolean {
    for (let items = 1; ; items++) {
      const first = this.#heap[0]
      if (!first || first.dueAtMs > nowMs) return true
      this.#remove(first)
      first.onDue(nowMs)
      if (items % sliceItems === 0 && this.#clock.now() - nowMs > sliceMs) return false
    }
  }

  #continueLater(): void {
    // Nothing sets a timer meanwhile.
    this.#timerAtMs = Number.NEGATIVE_INFINITY
    this.#later(() => this.#run())
  }

  #rise(item: Due): void {
    while (item.place > 0) {
      const parent = this.#heap[(item.place - 1) >> 1]
      if (!parent || parent.dueAtMs <= item.dueAtMs) return
      const { place } = item
      this.#put(item, parent.place)
      this.#put(parent, place)
    }
  }

  #sink(item: Due): void {
    for (;;) {
      const left = this.#heap[2 * item.place + 1]
      const right = this.#heap[2 * item.place + 2]
      const least = right && left && right.dueAtMs < left.dueAtMs ? right : left
      if (!least || least.dueAtMs >= item.dueAtMs) return
      const { place } = item
      this.#put(item, least.place)
      this.#put(least, place)
    }
  }

  #put(item: Due, place: number): void {
    this.#heap[place] = item
    item.place = place
  }
}
