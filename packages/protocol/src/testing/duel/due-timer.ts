import { between } from '../random.ts'
import type { World } from './world.ts'

const never = Number.POSITIVE_INFINITY

/** The one timer that a driver needs: set to what its machine waits for, and late at times. */
export class DueTimer {
  readonly #world: World
  readonly #fire: () => void
  #atMs = never
  #cancel: () => void = () => {}
  #spins = { atMs: -1, count: 0 }

  constructor(world: World, fire: () => void) {
    this.#world = world
    this.#fire = fire
  }

  /** Waits for `atMs` and nothing else; the same moment again leaves the timer as it is. */
  set(atMs: number, lateMs: number = this.#world.scenario.lateMs): void {
    if (atMs === this.#atMs) return
    this.#cancel()
    const { clock, random } = this.#world
    this.#atMs = atMs
    this.#cancel = clock.schedule(atMs - clock.now() + between(random, 0, lateMs), () => this.#ring())
  }

  #ring(): void {
    this.#atMs = never
    this.#cancel = () => {}
    const nowMs = this.#world.clock.now()
    this.#spins = { atMs: nowMs, count: this.#spins.atMs === nowMs ? this.#spins.count + 1 : 0 }
    if (this.#spins.count > 20) this.#world.blame('a due time stands still')
    else this.#fire()
  }
}
