import { between, type FakeClock } from '@wsauth/protocol/testing'
import { MemoryRevocations, type Principal, type Revocation, type RevocationStore } from '@wsauth/server'

/** A store that takes its time to answer, and answers what was true when it was asked. */
export class SlowRevocations implements RevocationStore {
  readonly #memory: MemoryRevocations
  readonly #clock: FakeClock
  readonly #random: () => number

  constructor(clock: FakeClock, random: () => number) {
    this.#memory = new MemoryRevocations({ now: () => clock.wallNow() })
    this.#clock = clock
    this.#random = random
  }

  add(revocation: Revocation): Promise<void> {
    return this.#memory.add(revocation)
  }

  isRevoked(principal: Principal): Promise<boolean> {
    const answer = this.#memory.isRevoked(principal)
    return new Promise((resolve) => {
      this.#clock.schedule(between(this.#random, 0, 3_000), () => resolve(answer))
    })
  }

  subscribe(listener: (revocation: Revocation) => void): () => void {
    return this.#memory.subscribe(listener)
  }
}
