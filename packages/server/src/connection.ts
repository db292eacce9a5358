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
import { ContinuousQueue } from './continuous.ts'
import type { Due } from './deadline-queue.ts'
import type { Arrival, Edge, Host } from './edge.ts'
import { perform } from './effects.ts'
import { Gate } from './gate.ts'
import type { PendingSocket } from './limiters/pending-sockets.ts'
import type { LiveConnection } from './live-connections.ts'
import type { Method } from './methods/method.ts'
import type { Principal } from './principal.ts'
import type { SocketAuth } from './socket-auth.ts'
import { StepUp } from './step-up.ts'
import type { UpgradeFacts } from './upgrade-request.ts'
import type { InFlight, Proof } from './verification.ts'

interface Message {
  readonly data: unknown
  readonly isBinary: boolean
}

const noProof: Proof = {}

/**
 * One socket: takes what happens to the server machine, which decides (`protocol/handshake`), and has its effects
 * performed (`effects.ts`). Shared parts (clock, deadlines, verification, events) belong to its {@link Host}.
 *
 * `receive` and `maySend` stand in front of every frame of the application.
 */
export class Connection implements Due, PendingSocket, LiveConnection<Connection> {
  dueAtMs: number = Number.POSITIVE_INFINITY
  place = -1
  nextOfUser: Connection | undefined = undefined
  previousOfUser: Connection | undefined = undefined
  readonly host: Host
  readonly edge: Edge
  readonly facts: UpgradeFacts
  readonly openedAtMs: number
  readonly gate: Gate
  state: ServerState
  isGone = false
  auth: SocketAuth | undefined = undefined
  principal: Principal | undefined = undefined
  /** Kept for as long as the session may be looked at again. */
  credential: Credential | undefined = undefined
  /** How the request's credential came, and how this session came to be. */
  readonly requestMethod: Method | undefined
  method: Method | undefined = undefined
  /** The verification of the first credential. */
  verification: InFlight | undefined = undefined
  /** What stands behind the verdict that is being worked on. */
  proof: Proof = noProof
  stepUp: StepUp | undefined = undefined
  #message: Message | undefined = undefined
  #held: Message[] | undefined = undefined
  #continuous: ContinuousQueue | undefined = undefined
  #abort: AbortController | undefined = undefined

  constructor(host: Host, edge: Edge, arrival: Arrival, state: ServerState) {
    this.host = host
    this.edge = edge
    this.facts = arrival.facts
    this.openedAtMs = arrival.atMs
    this.requestMethod = arrival.finding.method
    this.gate = new Gate(arrival.atMs)
    this.state = state
  }

  get addressGroup(): string {
    return this.facts.addressGroup
  }

  get userId(): string {
    return this.auth?.userId ?? ''
  }

  get version(): 0 | 1 {
    return 'version' in this.state ? this.state.version : 0
  }

  get isClosed(): boolean {
    return this.state.name === 'closed'
  }

  /** Aborted when no verdict is of use any more. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    return this.#abort.signal
  }

  /** The effects of the first transition; apart from the constructor, so that all know the connection by then. */
  begin(step: ServerStep): void {
    this.#enter(step)
  }

  /** A message came in; true where the application may have it now. */
  receive(data: unknown, isBinary: boolean): boolean {
    const nowMs = this.host.options.clock.now()
    const { gate } = this
    gate.heardAtMs = nowMs
    if (!gate.isOpen) this.#receiveEarly(data, isBinary, nowMs)
    else if (nowMs >= gate.endsAtMs) this.onDue(nowMs)
    else if (!isBinary && gate.isControl(data)) this.#step({ type: 'control', nowMs, text: String(data) })
    else if (gate.mayGreet) this.#receiveGreeting(data, isBinary, nowMs)
    else if (this.host.options.continuous) this.#verifyEach(data, isBinary)
    else return true
    return false
  }

  #receiveEarly(data: unknown, isBinary: boolean, nowMs: number): void {
    if (this.isClosed) return
    // Few bytes on the wire may be many after decompression.
    if (data instanceof Uint8Array && data.length > this.host.options.limits.preAuthBytes) {
      this.refuse('message_too_big')
      return
    }
    this.#message = { data, isBinary }
    this.#step({ type: 'message', nowMs, text: isBinary ? undefined : String(data) })
    this.#message = undefined
  }

  /** What is longer than a credential may be is none. */
  #receiveGreeting(data: unknown, isBinary: boolean, nowMs: number): void {
    const { preAuthBytes } = this.host.options.limits
    const isText = !isBinary && data instanceof Uint8Array && data.length <= preAuthBytes
    this.#message = { data, isBinary }
    this.#step({ type: 'message', nowMs, text: isText ? String(data) : undefined })
    this.#message = undefined
  }

  /** A frame of any other kind came in: the peer lives. */
  heard(): void {
    this.gate.heardAtMs = this.#nowMs()
  }

  /** Whether the application may have a message now. */
  isOpen(): boolean {
    const { gate } = this
    if (!gate.isOpen) return false
    const nowMs = this.#nowMs()
    if (nowMs < gate.endsAtMs) return true
    this.onDue(nowMs)
    return false
  }

  /** Whether the application's message may leave now. */
  maySend(): boolean {
    const { gate } = this
    if (!gate.isOpen) return false
    const nowMs = this.host.options.clock.now()
    if (nowMs < gate.endsAtMs) {
      gate.sentAtMs = nowMs
      return true
    }
    this.onDue(nowMs)
    return false
  }

  onDue(nowMs: number): void {
    const { gate, edge, host } = this
    if (this.isClosed) {
      edge.terminate()
      return
    }
    gate.hearBytes(edge.bytesRead(), nowMs, host.options.policy.heartbeatMs)
    this.#step({ type: 'due', nowMs, sentAtMs: gate.sentAtMs, heardAtMs: gate.heardAtMs })
  }

  onVerdict(attempt: number, verdict: Verdict, proof: Proof): void {
    this.#abort = undefined
    this.verification = undefined
    this.proof = proof
    this.#step({ type: 'verdict', nowMs: this.#nowMs(), attempt, verdict })
    this.proof = noProof
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
    this.stepUp ??= new StepUp()
    const waiting = this.stepUp.wait()
    if (this.gate.isOpen) this.#step({ type: 'require', nowMs: this.#nowMs(), reason, deadlineMs })
    else this.stepUp.over('timeout')
    return waiting
  }

  /** The oldest pending connection makes room for a new one: it is told, or dropped where it was told already. */
  evict(): boolean {
    const wasClosed = this.isClosed
    if (wasClosed) this.edge.terminate()
    else this.refuse('slow_down', this.host.options.policy.deadlineMs)
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
    if (this.gate.isOpen) this.host.left(this)
    this.gate.isOpen = false
    this.#held = undefined
    this.#continuous = undefined
    this.credential = undefined
    this.#abort?.abort()
    this.#abort = undefined
    this.stepUp?.over(error)
  }

  send(text: string): void {
    this.gate.sentAtMs = this.#nowMs()
    this.edge.send(text)
  }

  /** Keeps the message that is being worked on. */
  hold(): void {
    if (!this.#message) return
    this.#held ??= []
    this.#held.push(this.#message)
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const { data, isBinary } of held) {
      // What one of them sets off may end the connection.
      if (!this.isOpen()) return
      if (this.host.options.continuous) this.#verifyEach(data, isBinary)
      else this.edge.deliver(data, isBinary)
    }
  }

  #verifyEach(data: unknown, isBinary: boolean): void {
    this.#continuous ??= new ContinuousQueue(this)
    this.#continuous.push(data, isBinary)
  }

  #step(input: ServerInput): void {
    this.#enter(stepServer(this.host.options.policy, this.state, input))
  }

  #enter({ state, effects }: ServerStep): void {
    const wasClosed = this.isClosed
    this.state = state
    if ('endsAtMs' in state) {
      this.gate.endsAtMs = Math.min(state.endsAtMs, state.requiredByMs)
      this.gate.mayGreet = state.greeting !== 'none'
    }
    if (!this.isClosed || !wasClosed) this.#schedule()
    perform(this, effects)
  }

  /** Where the machine is done and the peer does not go, the connection is dropped (SECURITY 18). */
  #schedule(): void {
    const { queue, options } = this.host
    if (this.isClosed) queue.set(this, this.#nowMs() + options.limits.closeTimeoutMs)
    else {
      const dueAtMs = serverDueAt(this.state)
      if (dueAtMs !== this.dueAtMs) queue.set(this, dueAtMs)
    }
  }

  #nowMs(): number {
    return this.host.options.clock.now()
  }
}
