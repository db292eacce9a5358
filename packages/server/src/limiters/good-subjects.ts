const goodForMs = 3_600_000
/** One that was good a minute ago is as good as one that was good now, and need not be written down again. */
const freshMs = 60_000

type Generation = Map<string, Map<string, number>>

/**
 * The subjects that authenticated from an address within the hour, so many at most.
 *
 * Kept by address in two generations: when the younger is full the older is dropped, which bounds both without keeping the
 * entries in order. Times are whole seconds, which cost nothing beside the entry.
 */
export class GoodSubjects {
  readonly #half: number
  readonly #now: () => number
  #younger: Generation = new Map()
  #older: Generation = new Map()
  #size = 0

  constructor(capacity: number, now: () => number) {
    this.#half = Math.max(1, Math.floor(capacity / 2))
    this.#now = now
  }

  has(address: string, subject: string): boolean {
    const atSeconds = this.#younger.get(address)?.get(subject) ?? this.#older.get(address)?.get(subject)
    return atSeconds !== undefined && this.#now() - atSeconds * 1_000 < goodForMs
  }

  add(address: string, subject: string): void {
    let neighbours = this.#younger.get(address)
    const before = neighbours?.get(subject)
    const nowMs = this.#now()
    if (before !== undefined && nowMs - before * 1_000 < freshMs) return
    if (before === undefined && this.#size >= this.#half) {
      this.#older = this.#younger
      this.#younger = new Map()
      this.#size = 0
      neighbours = undefined
    }
    if (!neighbours) {
      neighbours = new Map()
      this.#younger.set(address, neighbours)
    }
    neighbours.set(subject, Math.floor(nowMs / 1_000))
    if (before === undefined) this.#size += 1
  }
}
