import { between, FakeClock, pick, seededRandom } from '@wsauth/protocol/testing'

/** How tokens travel in one life, and whether the server answers. */
const methods = ['first', 'first0', 'bearer', 'header', 'header0', 'query'] as const
export type MethodName = (typeof methods)[number]

/** An error that an application's listener throws on purpose: it is reported by a timer, and nothing else. */
export class ListenersMistake extends Error {}

/** What all who take part in one life have in common: its clock, its chance, its story, and what broke. */
export class World {
  readonly clock: FakeClock = new FakeClock()
  readonly story: string[] = []
  readonly broken: string[] = []
  readonly method: MethodName
  /** Each refused token with the number of sockets that there were when it was. */
  readonly refused: Map<string, number> = new Map()
  random: () => number
  /** Timers of this model, as opposed to those of the drivers. */
  own = 0
  sockets = 0
  slept = false
  /** Acts that the application may still do on the spot, from inside a listener or the provider. */
  #budget = 12
  #depth = 0

  constructor(seed: number) {
    this.random = seededRandom(seed)
    this.method = pick(this.random, ['first', 'first', 'first', ...methods])
  }

  get nowMs(): number {
    return this.clock.now()
  }

  tell(what: string): void {
    this.story.push(`${this.nowMs} ${what}`)
  }

  blame(what: string): void {
    this.tell(`BROKEN ${what}`)
    if (!this.broken.includes(what)) this.broken.push(what)
  }

  chance(share: number): boolean {
    return this.random() < share
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return pick(this.random, items)
  }

  between(low: number, high: number): number {
    return between(this.random, low, high)
  }

  later(ms: number, act: () => void): void {
    this.own++
    this.clock.schedule(ms, () => {
      this.own--
      act()
    })
  }

  /** From here on nothing but what was begun goes on. */
  calmDown(): void {
    this.#budget = 0
  }

  /** Sometimes, and not for ever. */
  onTheSpot(act: () => void, share = 0.12): void {
    if (this.#depth > 2 || this.#budget === 0 || !this.chance(share)) return
    this.#budget--
    this.#depth++
    try {
      act()
    } finally {
      this.#depth--
    }
  }
}
