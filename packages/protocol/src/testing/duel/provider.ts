import type { TokenReason } from '../../handshake/client-state.ts'
import type { Action } from '../../wire/error-codes.ts'
import { between } from '../random.ts'
import type { World } from './world.ts'

/** What a token provider of an application comes back with, and when. */
export type Answer =
  | { readonly inMs: number; readonly token: string }
  | { readonly inMs: number; readonly action: Action }

/** A token provider as applications have them: good, forgetful, failing, or somebody else's after a while. */
export class Provider {
  readonly #world: World
  #user = 'ada'
  #last: string | undefined

  constructor(world: World) {
    this.#world = world
  }

  /** Who the application thinks is signed in. */
  get user(): string {
    return this.#user
  }

  /** A session cookie: good, or stale. */
  get cookie(): string {
    const { clock, identity, random, scenario } = this.#world
    return identity.issue(this.#user, clock.now(), scenario.tokenLifeMs, random() < 0.5).text
  }

  /** Whose token that is. */
  userOf(token: string): string {
    return this.#world.identity.token(token)?.user ?? ''
  }

  answer(reason: TokenReason): Answer {
    const { random, scenario } = this.#world
    const inMs = between(random, 0, random() < 0.05 ? 10_000 : 200)
    const luck = random()
    const mood = scenario.provider
    if (mood === 'failing' || mood === 'mixed') {
      if (luck < 0.3) return { inMs, action: 'retry' }
      if (luck < 0.34) return { inMs, action: 'stop' }
    }
    if ((mood === 'unfaithful' || mood === 'mixed') && luck > 0.7) {
      this.#user = this.#user === 'ada' ? 'eve' : 'ada'
    }
    const again = mood === 'stubborn' || (mood === 'mixed' && luck > 0.4 && luck < 0.6)
    if (again && this.#last !== undefined) return { inMs, token: this.#last }
    if (scenario.server.allowAnonymous && reason === 'connect' && luck < 0.5) {
      this.#last = ''
      return { inMs, token: '' }
    }
    const forged = luck > 0.9 || (mood === 'stubborn' && luck < 0.4)
    this.#last = this.#world.identity.issue(
      this.#user,
      this.#world.clock.now(),
      scenario.tokenLifeMs,
      forged,
    ).text
    return { inMs, token: this.#last }
  }
}
