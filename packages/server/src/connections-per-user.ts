import { AuthError } from '@wsauth/protocol'
import { type Awaitable, rescued } from './awaitable.ts'
import type { ResolvedOptions } from './options.ts'
import { randomId } from './random-id.ts'
import type { ConnectionStore } from './stores/connection-store.ts'

/** What takes a place, from `enter` to `leave`. */
interface Taking {
  /** It is gone already, and will not leave. */
  readonly isClosed: boolean
}

/** The connections of this server, counted no further than `limit`. */
interface Counted {
  count(userId: string, limit: number): number
}

/** Keeps `limits.connectionsPerUser`: here, or on all nodes together where `auth.connections` counts them. */
export class ConnectionsPerUser {
  readonly #most: number
  readonly #retryAfterMs: number
  readonly #fleet: ConnectionStore | undefined
  readonly #live: Counted
  readonly #failed: (error: unknown) => void
  /** What connections are called in `auth.connections`. */
  readonly #entered: WeakMap<Taking, string> = new WeakMap()

  /** `failed` hears of a `leave` that the store was not told. */
  constructor(
    { limits, policy, connections }: Pick<ResolvedOptions, 'limits' | 'policy' | 'connections'>,
    live: Counted,
    failed: (error: unknown) => void,
  ) {
    this.#most = limits.connectionsPerUser
    this.#retryAfterMs = policy.deadlineMs
    this.#fleet = connections
    this.#live = live
    this.#failed = failed
  }

  /** Throws `slow_down` where the user may not have one more, or rejects with it where others have to be asked. */
  enter(connection: Taking, userId: string): Awaitable<void> {
    if (this.#most === Number.POSITIVE_INFINITY) return
    if (this.#fleet) return this.#enterFleet(connection, this.#fleet, userId)
    this.assertRoom(userId)
  }

  /** Gives the place back, if it has one in the fleet. It may be anybody's store, and nobody's connection fails with it. */
  leave(connection: Taking): void {
    const id = this.#entered.get(connection)
    if (id === undefined) return
    this.#entered.delete(connection)
    void rescued(() => this.#fleet?.leave(id), this.#failed)
  }

  async #enterFleet(connection: Taking, fleet: ConnectionStore, userId: string): Promise<void> {
    // Who is gone already would never be taken out again.
    if (connection.isClosed) return
    // An anonymous client may try to sign in more than once.
    this.leave(connection)
    const id = randomId()
    this.#entered.set(connection, id)
    if (!(await fleet.enter(userId, id, this.#most))) this.#refuse()
    // A store may let more in than it should while it is away.
    this.assertRoom(userId)
  }

  /** Throws `slow_down` where the user has as many here as may be. */
  assertRoom(userId: string): void {
    if (this.#most === Number.POSITIVE_INFINITY) return
    if (this.#live.count(userId, this.#most) >= this.#most) this.#refuse()
  }

  #refuse(): never {
    throw new AuthError('slow_down', { retryAfterMs: this.#retryAfterMs, message: 'connectionsPerUser' })
  }
}
