import { type AuthErrorName, openServer, type Secret } from '@wsauth/protocol'
import { Arrivals } from './arrivals.ts'
import type { Credential } from './authenticate.ts'
import { rescued } from './awaitable.ts'
import { Connection } from './connection.ts'
import { ConnectionsPerUser } from './connections-per-user.ts'
import { DeadlineQueue } from './deadline-queue.ts'
import type { Arrival, Edge, Host } from './edge.ts'
import { PendingSockets } from './limiters/pending-sockets.ts'
import { LiveConnections } from './live-connections.ts'
import { Observations, type Observer, type Totals } from './observations.ts'
import type { ResolvedOptions } from './options.ts'
import type { Principal } from './principal.ts'
import { randomId } from './random-id.ts'
import { cameAfter, type DisconnectTarget, disconnectionOf, tieOf } from './revoke.ts'
import type { StoreHealth, StoreName } from './store-health.ts'
import { covers, type Revocation } from './stores/revocation-store.ts'
import type { UpgradeRequest } from './upgrade-request.ts'
import { Verifications } from './verification.ts'

/** What a server has done and is doing. */
export interface Stats extends Totals {
  /** Sockets that are not authenticated, those that are being closed included. */
  readonly pending: number
  /** Authenticated connections. */
  readonly live: number
  /** Credentials that a verifier is looking at. */
  readonly verifying: number
  /** Whether the stores that live elsewhere answer; absent where none does. */
  readonly stores?: Readonly<Partial<Record<StoreName, StoreHealth>>>
}

/** Hears why a store was not told something: why other nodes will not hear of a `disconnect`, say. */
type StoreFailed = (store: 'revocations' | 'connections', error: unknown) => void

/** What the connections of one server share, and the door in, the same on every runtime: `authenticateUpgrade`. */
export class Authenticator implements Host {
  readonly options: ResolvedOptions
  readonly queue: DeadlineQueue
  readonly pending: PendingSockets<Connection>
  readonly live: LiveConnections<Connection> = new LiveConnections()
  readonly #arrivals: Arrivals
  readonly #observations: Observations
  readonly #storeFailed: StoreFailed
  readonly #verifications: Verifications
  readonly #unsubscribe: () => void
  readonly #places: ConnectionsPerUser
  /** Sockets that were live, and are not closed yet. */
  #closing = 0
  readonly #whenEmpty: (() => void)[] = []
  /** The `disconnect`s of this very server. */
  readonly #disconnected: WeakSet<Revocation> = new WeakSet()

  constructor(options: ResolvedOptions, observer: Observer, storeFailed: StoreFailed) {
    this.#storeFailed = storeFailed
    this.options = options
    this.queue = new DeadlineQueue(options.clock)
    this.pending = new PendingSockets(options.limits)
    this.#arrivals = new Arrivals(options, observer)
    this.#observations = new Observations(observer)
    const failed = (error: unknown): void => storeFailed('connections', error)
    this.#places = new ConnectionsPerUser(options, this.live, failed)
    this.#verifications = new Verifications(options, this.queue, this.#places)
    this.#unsubscribe = options.revocations.subscribe((revocation) => this.#onRevocation(revocation))
  }

  /** What an upgrade request brings along. Nothing is verified yet; after this the request can be redacted. */
  arrivalOf(request: UpgradeRequest | AuthErrorName, peer: string): Arrival {
    return this.#arrivals.of(request, peer)
  }

  /** A request that is a WebSocket handshake in every other respect. `started` comes before anything is done about it. */
  authenticateUpgrade(arrival: Arrival, edge: Edge, started: (connection: Connection) => void): void {
    const { atMs: nowMs, version, finding } = arrival
    const { policy } = this.options
    const opening = { nowMs, version, channel: randomId(), finding }
    const step = openServer(policy, policy.allowAnonymous ? { ...opening, sessionId: randomId() } : opening)
    const connection = new Connection(this, edge, arrival, step.state)
    started(connection)
    connection.begin(step)
    // Who was admitted in the same turn was never pending, closed again as it may be.
    if (!connection.auth && !connection.isGone) this.pending.add(connection)
  }

  /**
   * Closes the connections of a user or of a log-in, and gives their number; their credentials stay good. Other nodes hear
   * of it through the revocation store.
   */
  disconnect(target: DisconnectTarget): number {
    const revocation = disconnectionOf(target, this.options.now())
    const { userId, sessionId } = revocation
    const candidates = userId === undefined ? [...this.live] : this.live.ofUser(userId)
    const found = candidates.filter(({ auth }) => sessionId === undefined || auth?.sessionId === sessionId)
    for (const connection of found) connection.refuse('session_revoked')
    this.#disconnected.add(revocation)
    this.#tell(() => this.options.revocations.add(revocation))
    return found.length
  }

  /** Nobody comes in any more: pending connections are refused, and so is who comes now. Gives the number of the former. */
  closeDoors(untilMs: number): number {
    const retryAfterMs = this.#arrivals.close(untilMs)
    const waiting = [...this.pending].filter(({ isClosed }) => !isClosed)
    for (const connection of waiting) connection.drain(0, retryAfterMs)
    return waiting.length
  }

  /** No more revocations are heard of; live connections are on their own. */
  dispose(): void {
    this.#tell(() => this.#unsubscribe())
  }

  stats(): Stats {
    return {
      pending: this.pending.size,
      live: this.live.size,
      verifying: this.#verifications.size,
      ...this.#observations.totals(),
    }
  }

  verify(
    connection: Connection,
    attempt: number,
    credential: Credential,
    reason: 'connect' | 'refresh',
  ): void {
    this.#verifications.run(connection, attempt, credential, reason)
  }

  revalidate(connection: Connection, attempt: number): void {
    const { credential, principal } = connection
    if (credential && principal)
      this.#verifications.run(connection, attempt, credential, 'revalidate', principal)
  }

  verifyMessage(connection: Connection, token: Secret): Promise<Principal> {
    return this.#verifications.ofMessage(connection, token)
  }

  admitted(connection: Connection): void {
    this.pending.delete(connection)
    this.live.add(connection)
    this.#observations.admitted(connection, this.options.clock.now() - connection.openedAtMs)
  }

  refused(connection: Connection, error: AuthErrorName, retryAfterMs?: number): void {
    this.#observations.refused(connection, error, retryAfterMs)
  }

  renewed(connection: Connection, take: () => void, refreshed: boolean): void {
    // An anonymous client may have become somebody.
    this.live.delete(connection)
    take()
    this.live.add(connection)
    if (refreshed) this.#observations.refreshed(connection)
  }

  refreshRefused(connection: Connection, error: AuthErrorName): void {
    this.#observations.refreshRefused(connection, error)
  }

  ended(connection: Connection, error: AuthErrorName | undefined): void {
    if (error) this.#observations.ended(connection, error)
  }

  left(connection: Connection): void {
    this.live.delete(connection)
    this.#places.leave(connection)
    this.#closing++
  }

  gone(connection: Connection): void {
    this.pending.delete(connection)
    this.#places.leave(connection)
    this.#verifications.forget(connection)
    // Only who was live has it.
    if (connection.auth) this.#closing--
    if (this.#isEmpty()) for (const resolve of this.#whenEmpty.splice(0)) resolve()
  }

  /** Resolves when no connection is live, and the sockets of those that were are closed. */
  empty(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isEmpty()) resolve()
      else this.#whenEmpty.push(resolve)
    })
  }

  #isEmpty(): boolean {
    return this.live.size === 0 && this.#closing === 0
  }

  #onRevocation(revocation: Revocation): void {
    // Closed already, by no clock: who is here now came after it.
    if (this.#disconnected.has(revocation)) return
    const { userId, hashed, marginMs, connectionsOnly } = revocation
    if (!connectionsOnly) this.#verifications.heard(revocation)
    const { clock } = this.options
    const epochMs = clock.wallNow() - clock.now()
    // However late the timer is that asks: the margin does not grow with it.
    const byMs = clock.now() + marginMs
    for (const connection of userId === undefined || hashed ? [...this.live] : this.live.ofUser(userId)) {
      const { auth, principal, openedAtMs } = connection
      if (!auth || !principal) continue
      // Who came after a `disconnect` was let in again.
      if (cameAfter(revocation, epochMs + openedAtMs)) continue
      // A session without a name of its own is known by the one that it was given here.
      const named =
        principal.sessionId === undefined ? { ...principal, sessionId: auth.sessionId } : principal
      connection.principal = named
      if (!covers(revocation, named)) continue
      const tieMs = tieOf(revocation, clock.wallNow())
      // Version 0 cannot be asked.
      if (marginMs <= tieMs || connection.version === 0) connection.revoke(marginMs)
      else clock.schedule(tieMs, () => connection.revoke(byMs - clock.now()))
    }
  }

  /** Tells the revocation store something that nobody waits for. It may be anybody's, and nobody's connection fails with it. */
  #tell(telling: () => void | Promise<void>): void {
    void rescued(telling, (error) => this.#storeFailed('revocations', error))
  }
}
