import type { TokenReason } from '../../handshake/client-state.ts'
import { freshMemory, type TokenMemory } from '../../handshake/retry.ts'
import type { Action } from '../../wire/error-codes.ts'
import type { Machines } from './machines.ts'

/** What a client of a duel knows of its tokens: the one at hand, the one that its connection stands on, and those refused. */
export class ClientTokens {
  /** Presented last, or about to be. */
  current = ''
  readonly #machines: Machines
  #memory: TokenMemory = freshMemory
  /** Once the server has said so. */
  #accepted: string | undefined

  constructor(machines: Machines) {
    this.#machines = machines
  }

  /** A connection begins; tells why a token is wanted for it. */
  begin(): TokenReason {
    this.#accepted = undefined
    const [, last] = this.#memory
    return last === undefined ? 'connect' : 'refused'
  }

  isRefused(token: string): boolean {
    const [refused] = this.#memory
    return refused.includes(token)
  }

  accept(): void {
    this.#accepted = this.current
    this.forgive()
  }

  /** The next refusal is the first again. */
  forgive(): void {
    this.#memory = this.#machines.acceptToken(this.#memory)
  }

  /** A refresh with the token at hand was refused. */
  refuse(): void {
    this.#memory = this.#machines.actionAfter(this.#memory, 'refresh', this.current)[1]
  }

  /** What is done after a connection whose end asks for `action`. */
  after(action: Action): Action {
    const token = this.#accepted ?? this.current
    const [next, memory] = this.#machines.actionAfter(
      this.#memory,
      action,
      token,
      this.#accepted !== undefined,
    )
    this.#memory = memory
    return next
  }
}
