import type { FakeClock } from '../fake-clock.ts'
import type { Identity } from './identity.ts'
import type { Machines } from './machines.ts'
import type { Scenario } from './scenario.ts'

/** What all parts of one duel share. */
export interface World {
  readonly clock: FakeClock
  readonly random: () => number
  readonly machines: Machines
  readonly scenario: Scenario
  readonly identity: Identity
  /** A promise was broken: how, in words. */
  readonly blame: (what: string) => void
  /** What the duel was made of, counted by name. */
  readonly count: (what: string) => void
}
