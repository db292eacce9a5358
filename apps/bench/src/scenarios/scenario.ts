import type { Figure } from '../figures/figure.ts'

export interface Setting {
  /** A smoke run: everything is done, nothing long enough to mean anything. */
  readonly quick: boolean
  /** Progress, for whoever waits. */
  say(text: string): void
}

export interface Scenario {
  readonly name: string
  readonly about: string
  /** Run only when it is named. */
  readonly optional?: boolean
  run(setting: Setting): Promise<Figure[]>
}
