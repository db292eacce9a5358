import { AuthError, type AuthErrorName, openServer, type Secret, versionSubprotocol } from '@wsauth/protocol'
import type { Credential } from './authenticate.ts'
import { Connection } from './connection.ts'
import { DeadlineQueue } from './deadline-queue.ts'
import type { Arrival, Edge, Host } from './edge.ts'
import { PendingSockets } from './limiters/pending-sockets.ts'
import { LiveConnections } from './live-connections.ts'
import { findCredential, type MethodFinding } from './methods/method.ts'
import { Observations, type Observer, type Totals } from './observations.ts'
import type { ResolvedOptions } from './options.ts'
import type { Principal } from './principal.ts'
import { randomId } from './random-id.ts'
import { type DisconnectTarget, disconnectionOf } from './revoke.ts'
import type { StoreHealth, StoreName } from './store-health.ts'
import { covers, type Revocation } from './stores/revocation-store.ts'
import type { UpgradeFacts, UpgradeRequest } from './upgrade-request.ts'
import { Verifications } from './verification.ts'

/** What a server has done and is doing. */
export interface Stats extends Totals {
  /** Sockets that are not authenticated, those that are being closed included. */
  readonly pending: number
  readonly live: number
  readonly verifying: number
  /** Whether the stores that live elsewhere answer; absent where none does. */
  readonly stores?: Readonly<Partial<Record<StoreName, StoreHealth>>>
}

/**
 * What the connections of one server share, and the two doors in, the same on every runtime: `authenticateUpgrade` for
 * an upgrade request, `authenticateSocket` for a socket that is open already.
 */
export class Authenticator implements Host {
  readonly options: ResolvedOptions
  readonly queue: DeadlineQueue
  readonly pending: PendingSockets<Connection>
  readonly live: LiveConnections<Connection> = new LiveConnections()
  readonly #observations: Observations
  readonly #storeFailed: (error: unknown) => void
  readonly #verifications: Verifications
  readonly #unsubscribe: () => void
  readonly #whenEmpty: (() => void)[] = []
  /** Since nobody comes in any more: when those who are sent away may come back. */
  #closedUntilMs: number | undefined

  /** `storeFailed` is told why other nodes will not hear of a `disconnect`. */
  constructor(options: ResolvedOptions, observer: Observer, storeFailed: (error: unknown) => void) {
    this.#storeFailed = storeFailed
    this.options = options
    this.queue = new DeadlineQueue(options.clock)
    this.pending = new PendingSockets(options.limits)
    this.#observations = new Observations(observer)
    this.#verifications = new Verifications(options, this.queue, (principal) => this.#assertRoom(principal))
    this.#unsubscribe = options.revocations.subscribe((revocation) => this.#onRevocation(revocation))
  }

  /** What an upgrade request brings along. Nothing is verified yet; after this the request can be redacted. */
  arrivalOf(request: UpgradeRequest | AuthErrorName, peer: string): Arrival {
    const atMs = this.options.clock.now()
    if (typeof request === 'string') {
      const facts = { origin: undefined, path: '', address: peer, addressGroup: peer }
      return { facts, atMs, version: 0, finding: { type: 'refused', error: request }, subprotocol: undefined }
    }
    const { origin, isOwnOrigin = false, path, address, addressGroup } = request
    const version = request.protocols.includes(versionSubprotocol) ? 1 : 0
    const finding = this.#findingOf(request, atMs)
    const subprotocol = finding.method?.selects?.(request) ?? (version === 1 ? versionSubprotocol : undefined)
    const facts = { origin, isOwnOrigin, path, address, addressGroup }
    return { facts, atMs, version, finding, subprotocol }
  }

  #findingOf(request: UpgradeRequest, nowMs: number): MethodFinding {
    const { isOriginAllowed, methods, limits } = this.options
    if (this.#closedUntilMs !== undefined) {
      return {
        type: 'refused',
        error: 'service_restart',
        retryAfterMs: Math.max(1_000, this.#closedUntilMs - nowMs),
      }
    }
    if (!isOriginAllowed(request)) return { type: 'refused', error: 'access_denied', origin: true }
    return findCredential(methods, request, limits)
  }

  /** A request that is a WebSocket handshake in every other respect. `started` comes before anything is done about it. */
  authenticateUpgrade(arrival: Arrival, edge: Edge, started: (connection: Connection) => void): void {
    const { atMs: nowMs, version, finding } = arrival
    const { policy } = this.options
    const opening = { nowMs, version, channel: randomId(), finding }
    const step = openServer(policy, policy.allowAnonymous ? { ...opening, sessionId: randomId() } : opening)
    const connection = new Connection(this, edge, arrival, step.state)
    started(connection)
    this.pending.add(connection)
    connection.begin(step)
  }

  /** A socket that is open already, where the runtime answers upgrades by itself: a first message authenticates it. */
  authenticateSocket(facts: UpgradeFacts, edge: Edge, started: (connection: Connection) => void): void {
    const atMs = this.options.clock.now()
    const arrival: Arrival = { facts, atMs, version: 0, finding: { type: 'none' }, subprotocol: undefined }
    this.authenticateUpgrade(arrival, edge, started)
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
    this.options.revocations.add(revocation).catch((error: unknown) => this.#storeFailed(error))
    return found.length
  }

  /** Nobody comes in any more: pending connections are refused, and so is who comes now. */
  closeDoors(untilMs: number): void {
    this.#closedUntilMs = untilMs
    const retryAfterMs = Math.max(1_000, untilMs - this.options.clock.now())
    for (const pending of [...this.pending]) pending.drain(0, retryAfterMs)
  }

  /** No more revocations are heard of; live connections are on their own. */
  dispose(): void {
    this.#unsubscribe()
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
    void this.#verifications.run(connection, attempt, credential, reason)
  }

  revalidate(connection: Connection, attempt: number): void {
    const { credential, principal } = connection
    if (credential && principal)
      void this.#verifications.run(connection, attempt, credential, 'revalidate', principal)
  }

  verifyMessage(connection: Connection, token: Secret): Promise<Principal> {
    return this.#verifications.ofMessage(connection, token)
  }

  admitted(connection: Connection): void {
    this.pending.delete(connection)
    this.live.add(connection)
    this.#observations.admitted(connection, this.options.clock.now() - connection.openedAtMs)
  }

  refused(connection: Connection, error: AuthErrorName): void {
    this.#observations.refused(connection, error)
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
    if (this.live.size > 0) return
    for (const resolve of this.#whenEmpty.splice(0)) resolve()
  }

  gone(connection: Connection): void {
    this.pending.delete(connection)
    this.#verifications.forget(connection)
  }

  /** Resolves when no connection is live. */
  empty(): Promise<void> {
    return new Promise((resolve) => {
      if (this.live.size === 0) resolve()
      else this.#whenEmpty.push(resolve)
    })
  }

  #onRevocation(revocation: Revocation): void {
    const { userId, hashed, marginMs, connectionsOnly, issuedBeforeMs } = revocation
    if (!connectionsOnly) this.#verifications.heard(revocation)
    const { clock } = this.options
    const epochMs = clock.wallNow() - clock.now()
    for (const connection of userId === undefined || hashed ? [...this.live] : this.live.ofUser(userId)) {
      const { auth, principal, openedAtMs } = connection
      if (!auth || !principal) continue
      // Who came after a `disconnect` was let in again.
      if (connectionsOnly && epochMs + openedAtMs > issuedBeforeMs) continue
      // A session without a name of its own is known by the one that it was given here.
      const named =
        principal.sessionId === undefined ? { ...principal, sessionId: auth.sessionId } : principal
      connection.principal = named
      if (covers(revocation, named)) connection.revoke(marginMs)
    }
  }

  #assertRoom({ userId }: Principal): void {
    const { connectionsPerUser } = this.options.limits
    if (connectionsPerUser === Number.POSITIVE_INFINITY) return
    if (this.live.count(userId, connectionsPerUser) < connectionsPerUser) return
    throw new AuthError('slow_down', {
      retryAfterMs: this.options.policy.deadlineMs,
      message: 'connectionsPerUser',
    })
  }
}
