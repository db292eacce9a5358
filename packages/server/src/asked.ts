import type { Credential } from './authenticate.ts'
import type { Connection } from './connection.ts'
import type { Principal } from './principal.ts'
import type { UpgradeFacts } from './upgrade-request.ts'

export type Reason = 'connect' | 'refresh' | 'revalidate' | 'message'

/** A credential, and what hangs on it: what a verifier may know of it, but how it came. */
export class Asked {
  readonly connection: Connection
  readonly attempt: number
  readonly credential: Credential
  readonly reason: Reason
  /** The session that is looked at again. */
  readonly live: Principal | undefined
  /** Nothing is wrong with the credential, whatever else may be. */
  isGood = false
  #abort: AbortController | undefined = undefined
  #isCalledOff = false

  constructor(
    connection: Connection,
    attempt: number,
    credential: Credential,
    reason: Reason,
    live?: Principal,
  ) {
    this.connection = connection
    this.attempt = attempt
    this.credential = credential
    this.reason = reason
    this.live = live
  }

  get request(): UpgradeFacts {
    return this.connection.facts
  }

  /** Made only for a verifier that looks at it, which may be when nobody waits for its answer any more. */
  get signal(): AbortSignal {
    if (this.#isCalledOff || this.connection.isClosed) return AbortSignal.abort()
    if (!this.#abort) {
      this.#abort = new AbortController()
      this.connection.working.watch(this)
    }
    return this.#abort.signal
  }

  /** Nobody waits for the answer any more. */
  callOff(): void {
    this.#isCalledOff = true
    this.#abort?.abort()
  }

  /** The answer is here; nobody has to be called off. */
  answered(): void {
    this.connection.work?.unwatch(this)
  }
}
