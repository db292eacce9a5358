import {
  type AuthErrorName,
  type AuthRequiredReason,
  type ServerInput,
  type ServerState,
  type ServerStep,
  serverDueAt,
  stepServer,
  type Verdict,
} from '@wsauth/protocol'
import type { Credential } from './authenticate.ts'
import type { Due } from './deadline-queue.ts'
import type { Arrival, Edge, Host } from './edge.ts'
import { perform } from './effects.ts'
import { Gate } from './gate.ts'
import type { PendingLimit, PendingSocket } from './limiters/pending-sockets.ts'
import type { LiveConnection } from './live-connections.ts'
import type { Principal } from './principal.ts'
import type { SocketAuth } from './socket-auth.ts'
import type { UpgradeFacts } from './upgrade-request.ts'
import type { Proof } from './verification.ts'
import { bytesOf, Work } from './work.ts'

/**
 * One socket: takes what happens to the server machine, which decides (`protocol/handshake`), and has its effects
 * performed (`effects.ts`). Shared parts (clock, deadlines, verification, events) belong to its {@link Host}.
 *
 * `receive` and `maySend` stand in front of every frame of the application.
 */
export class Connection extends Gate implements Due, PendingSocket, LiveConnection<Connection> {
  dueAtMs = 0
  place = -1
  nextOfUser: Connection | undefined = undefined
  previousOfUser: Connection | undefined = undefined
  readonly host: Host
  readonly edge: Edge
  readonly origin: string | undefined
  readonly isOwnOrigin: boolean | undefined
  readonly path: string
  readonly address: string
  readonly addressGroup: string
  readonly openedAtMs: number
  isGone = false
  auth: SocketAuth | undefined = undefined
  principal: Principal | undefined = undefined
  /** Kept for as long as the session may be looked at again. */
  credential: Credential | undefined = undefined
  /** What is under way, if anything is. */
  work: Work | undefined

  constructor(host: Host, edge: Edge, { facts, atMs, finding }: Arrival, state: ServerState) {
    super(state, atMs)
    this.host = host
    this.edge = edge
    this.origin = facts.origin
    this.isOwnOrigin = facts.isOwnOrigin
    this.path = facts.path
    this.address = facts.address
    this.addressGroup = facts.addressGroup
    this.openedAtMs = atMs
    const { method, detail } = finding
    this.work = method || detail !== undefined ? new Work(method, detail) : undefined
  }

  /** Where the request came from; put together when it is asked for, as each connection keeps it. */
  get facts(): UpgradeFacts {
    const { origin, isOwnOrigin = false, path, address, addressGroup } = this
    return { origin, isOwnOrigin, path, address, addressGroup }
  }

  get userId(): string {
    return this.auth?.userId ?? ''
  }

  /** What is under way from now on. */
  get working(): Work {
    this.work ??= new Work(undefined)
    return this.work
  }

  /** The effects of the first transition; apart from the constructor, so that all know the connection by then. */
  begin(step: ServerStep): void {
    this.#enter(step)
    // Closed from the start, so nothing has become so.
    if (this.isClosed && !this.isGone) this.#schedule()
  }

  /** A message came in; true where the application may have it now. */
  receive(data: unknown, isBinary: boolean): boolean {
    const nowMs = this.host.options.clock.now()
    this.heard(nowMs)
    if (!this.isOpen) this.#receiveEarly(data, isBinary, nowMs)
    else if (this.isOver(nowMs)) this.onDue(nowMs)
    else if (!isBinary && this.isControl(data)) this.#step({ type: 'control', nowMs, text: String(data) })
    else if (this.mayGreet) this.#receiveGreeting(data, isBinary, nowMs)
    else if (this.host.options.continuous) this.working.verifyEach(this, data, isBinary)
    else return true
    return false
  }

  #receiveEarly(data: unknown, isBinary: boolean, nowMs: number): void {
    if (this.isClosed) return
    const { preAuthBytes } = this.host.options.limits
    // Few bytes on the wire may be many after decompression, and those that wait are kept.
    const bytes = bytesOf(data) + (this.work?.heldBytes ?? 0)
    if (bytes > preAuthBytes) this.refuse('message_too_big')
    else this.#stepMessage(data, isBinary, isBinary ? undefined : String(data), nowMs)
  }

  /** What is longer than a credential may be is none. */
  #receiveGreeting(data: unknown, isBinary: boolean, nowMs: number): void {
    const { preAuthBytes } = this.host.options.limits
    const isText = !isBinary && data instanceof Uint8Array && data.length <= preAuthBytes
    this.#stepMessage(data, isBinary, isText ? String(data) : undefined, nowMs)
  }

  #stepMessage(data: unknown, isBinary: boolean, text: string | undefined, nowMs: number): void {
    const { working } = this
    working.message = { data, isBinary }
    this.#step({ type: 'message', nowMs, text })
    working.message = undefined
    this.#rest()
  }

  /** A frame of any other kind came in: the peer lives. */
  heardFrame(): void {
    this.heard(this.#nowMs())
  }

  /** Whether the application may have a message now. */
  mayReceive(): boolean {
    return this.#mayPass(this.#nowMs())
  }

  /** Whether the application's message may leave now. */
  maySend(): boolean {
    const nowMs = this.host.options.clock.now()
    const may = this.#mayPass(nowMs)
    if (may) this.sent(nowMs)
    return may
  }

  #mayPass(nowMs: number): boolean {
    if (!this.isOpen) return false
    const isOver = this.isOver(nowMs)
    if (isOver) this.onDue(nowMs)
    return !isOver
  }

  onDue(nowMs: number): void {
    const { edge, host } = this
    if (this.isClosed) {
      edge.terminate()
      return
    }
    this.hearBytes(edge.bytesRead(), nowMs, host.options.policy.heartbeatMs)
    this.#step({ type: 'due', nowMs, sentAtMs: this.sentAtMs, heardAtMs: this.heardAtMs })
  }

  onVerdict(attempt: number, verdict: Verdict, proof: Proof): void {
    const { working } = this
    working.judged(proof)
    this.#step({ type: 'verdict', nowMs: this.#nowMs(), attempt, verdict })
    working.settled()
    this.#rest()
  }

  /** A limit was passed, or the server ends this connection. */
  refuse(error: AuthErrorName, retryAfterMs?: number): void {
    const after = retryAfterMs === undefined ? {} : { retryAfterMs }
    this.#step({ type: 'refuse', nowMs: this.#nowMs(), error, ...after })
  }

  revoke(marginMs: number): void {
    this.#step({ type: 'revoke', nowMs: this.#nowMs(), marginMs })
  }

  drain(inMs: number, retryAfterMs: number): void {
    this.#step({ type: 'drain', nowMs: this.#nowMs(), inMs, retryAfterMs })
  }

  /** Asks for a newer token. Resolves once it is there; rejects with an `AuthError` when the connection ends without. */
  requireAuth(reason: AuthRequiredReason, deadlineMs: number): Promise<SocketAuth> {
    const waiting = this.working.waitForNewer()
    if (this.isOpen) this.#step({ type: 'require', nowMs: this.#nowMs(), reason, deadlineMs })
    else this.work?.stepUp?.over('timeout')
    return waiting
  }

  /** The oldest pending connection makes room for a new one: it is told, or dropped where it was told already. */
  evict(limit: PendingLimit): boolean {
    const wasClosed = this.isClosed
    if (wasClosed) this.edge.terminate()
    else {
      this.working.proof = { detail: `made room for a newer socket: auth.limits.${limit} is reached` }
      this.refuse('slow_down', this.host.options.policy.deadlineMs)
    }
    return wasClosed
  }

  /** Code of the application failed, or it closed the socket itself: nothing more is delivered. */
  end(): void {
    this.#step({ type: 'closed', nowMs: this.#nowMs() })
    this.over()
  }

  /** The transport is gone, and with it everything that was kept. */
  gone(): void {
    if (this.isGone) return
    this.isGone = true
    this.end()
    this.host.queue.set(this, Number.POSITIVE_INFINITY)
    this.host.gone(this)
  }

  /** Nothing is delivered from here on, whatever the socket still brings. */
  over(error: AuthErrorName = 'timeout'): void {
    if (this.isOpen) this.host.left(this)
    this.shut()
    this.credential = undefined
    this.work?.over(error)
  }

  send(text: string): void {
    this.sent(this.#nowMs())
    this.edge.send(text)
  }

  release(): void {
    for (const { data, isBinary } of this.work?.released() ?? []) {
      // What one of them sets off may end the connection.
      if (!this.mayReceive()) return
      if (this.host.options.continuous) this.working.verifyEach(this, data, isBinary)
      else this.edge.deliver(data, isBinary)
    }
  }

  #step(input: ServerInput): void {
    this.#enter(stepServer(this.host.options.policy, this.state, input))
  }

  #enter({ state, effects }: ServerStep): void {
    const { isClosed: wasClosed, state: before } = this
    this.state = state
    this.follow()
    if (this.isClosed && before.name === 'awaiting-credential' && before.messages > 0)
      this.working.ignored = before.messages
    if (!this.isClosed || !wasClosed) this.#schedule()
    perform(this, effects)
  }

  /** Where the machine is done and the peer does not go, the connection is dropped (SECURITY 18). */
  #schedule(): void {
    const { queue, options } = this.host
    const dueAtMs = this.isClosed ? this.#nowMs() + options.limits.closeTimeoutMs : serverDueAt(this.state)
    if (dueAtMs !== this.dueAtMs || this.place < 0) queue.set(this, dueAtMs)
  }

  /** Lets go of what was under way; how somebody tried to come in is told for as long as they are not in. */
  #rest(): void {
    const { work } = this
    if (work?.isDone && (this.isOpen || !work.requestMethod)) this.work = undefined
  }

  #nowMs(): number {
    return this.host.options.clock.now()
  }
}
