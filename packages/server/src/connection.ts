import {
  AuthError,
  type AuthErrorName,
  type AuthRequiredReason,
  controlPrefix,
  type Grant,
  type Secret,
  type ServerEffect,
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
import type { PendingSocket } from './limiters/pending-sockets.ts'
import type { LiveConnection } from './live-connections.ts'
import type { Method } from './methods/method.ts'
import type { Principal } from './principal.ts'
import { type SocketAuth, socketAuth } from './socket-auth.ts'
import type { UpgradeFacts } from './upgrade-request.ts'
import type { InFlight, Proof } from './verification.ts'

interface Message {
  readonly data: unknown
  readonly isBinary: boolean
}

interface Waiter {
  resolve(auth: SocketAuth): void
  reject(error: AuthError): void
}

const noProof: Proof = {}

type EffectTable = {
  readonly [Type in ServerEffect['type']]: (
    connection: Connection,
    effect: Extract<ServerEffect, { type: Type }>,
  ) => void
}

/** One line per effect of the server machine; one that is forgotten here does not compile. */
const perform: EffectTable = {
  accept: (connection) => connection.accept(),
  reject: (connection, { error, retryAfterMs }) => connection.reject(error, retryAfterMs),
  send: (connection, { text }) => connection.say(text),
  verify: (connection, { attempt, token, reason }) => connection.verify(attempt, token, reason),
  revalidate: (connection, { attempt }) => connection.host.revalidate(connection, attempt),
  hold: (connection) => connection.hold(),
  admit: (connection, { grant }) => connection.admit(grant),
  release: (connection) => connection.release(),
  renew: (connection, { grant, refreshed }) => connection.renew(grant, refreshed),
  'refresh-refused': (connection, { error }) => connection.host.refreshRefused(connection, error),
  ping: (connection) => connection.edge.ping(),
  close: (connection, { code, reason, error }) => connection.close(code, reason, error),
  terminate: (connection) => connection.terminate(),
}

/**
 * Performs the effects of the server machine for one socket and decides nothing: what an input comes to is in
 * `protocol/handshake`. Shared parts (clock, deadlines, verification, events) belong to its {@link Host}.
 *
 * `receive` and `maySend` stand in front of every frame of the application, in and out (P1, P3).
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
  auth: SocketAuth | undefined = undefined
  principal: Principal | undefined = undefined
  /** Kept for as long as the session may be looked at again. */
  credential: Credential | undefined = undefined
  /** That of its first credential. */
  verification: InFlight | undefined = undefined
  #state: ServerState
  /** Authenticated and not ended: the one thing that is asked for each frame. */
  #open = false
  /** From when on nothing is delivered or sent, whether or not a timer has said so. */
  #endsAtMs = Number.POSITIVE_INFINITY
  #prefix = ''
  #heardAtMs: number
  #sentAtMs: number
  #bytesRead = 0
  #isGone = false
  /** What stands behind the verdict that is being worked on. */
  #proof: Proof = noProof
  #message: Message | undefined = undefined
  #held: Message[] | undefined = undefined
  #continuous: ContinuousQueue | undefined = undefined
  readonly #requestMethod: Method | undefined
  #method: Method | undefined = undefined
  #waiters: Waiter[] | undefined = undefined
  #abort: AbortController | undefined = undefined

  constructor(host: Host, edge: Edge, arrival: Arrival, state: ServerState) {
    this.host = host
    this.edge = edge
    this.facts = arrival.facts
    this.openedAtMs = arrival.atMs
    this.#requestMethod = arrival.finding.method
    this.#state = state
    this.#heardAtMs = arrival.atMs
    this.#sentAtMs = arrival.atMs
  }

  get addressGroup(): string {
    return this.facts.addressGroup
  }

  get userId(): string {
    return this.auth?.userId ?? ''
  }

  get version(): 0 | 1 {
    return 'version' in this.#state ? this.#state.version : 0
  }

  get isClosed(): boolean {
    return this.#state.name === 'closed'
  }

  /** Aborted when no verdict is of use any more. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    return this.#abort.signal
  }

  /** The effects of the first transition; apart from the constructor, so that all know the connection by then. */
  begin({ state, effects }: ServerStep): void {
    this.#enter(state, effects)
  }

  /** A message came in; true where the application may have it now. */
  receive(data: unknown, isBinary: boolean): boolean {
    const nowMs = this.host.options.clock.now()
    this.#heardAtMs = nowMs
    if (!this.#open) {
      if (this.#state.name === 'closed') return false
      // Few bytes on the wire may be many after decompression.
      if (sizeOf(data) > this.host.options.limits.preAuthBytes) {
        this.refuse('message_too_big')
        return false
      }
      this.#message = { data, isBinary }
      this.#step({ type: 'message', nowMs, text: isBinary ? undefined : String(data) })
      this.#message = undefined
      return false
    }
    if (nowMs >= this.#endsAtMs) {
      this.onDue(nowMs)
      return false
    }
    if (!isBinary && this.#isControl(data)) {
      this.#step({ type: 'control', nowMs, text: String(data) })
      return false
    }
    if (!this.host.options.continuous) return true
    this.#verifyEach(data, isBinary)
    return false
  }

  /** Whether the application may have or send a message now. */
  isOpen(): boolean {
    if (!this.#open) return false
    const nowMs = this.host.options.clock.now()
    if (nowMs < this.#endsAtMs) return true
    this.onDue(nowMs)
    return false
  }

  /** A frame of any other kind came in: the peer lives. */
  heard(): void {
    this.#heardAtMs = this.host.options.clock.now()
  }

  /** Whether the application's message may leave now. */
  maySend(): boolean {
    if (!this.#open) return false
    const nowMs = this.host.options.clock.now()
    if (nowMs >= this.#endsAtMs) {
      this.onDue(nowMs)
      return false
    }
    this.#sentAtMs = nowMs
    return true
  }

  onDue(nowMs: number): void {
    if (this.isClosed) {
      this.edge.terminate()
      return
    }
    this.#hearBytes(nowMs)
    this.#step({ type: 'due', nowMs, sentAtMs: this.#sentAtMs, heardAtMs: this.#heardAtMs })
  }

  onVerdict(attempt: number, verdict: Verdict, proof: Proof): void {
    this.#abort = undefined
    this.verification = undefined
    this.#proof = proof
    this.#step({ type: 'verdict', nowMs: this.#nowMs(), attempt, verdict })
    this.#proof = noProof
  }

  /** A limit was passed, or the server ends this connection. */
  refuse(error: AuthErrorName, retryAfterMs?: number): void {
    this.#step({
      type: 'refuse',
      nowMs: this.#nowMs(),
      error,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }

  revoke(marginMs: number): void {
    this.#step({ type: 'revoke', nowMs: this.#nowMs(), marginMs })
  }

  drain(inMs: number, retryAfterMs: number): void {
    this.#step({ type: 'drain', nowMs: this.#nowMs(), inMs, retryAfterMs })
  }

  /** Asks for a newer token. Resolves once it is there; rejects with an `AuthError` when the connection ends without. */
  requireAuth(reason: AuthRequiredReason, deadlineMs: number): Promise<SocketAuth> {
    return new Promise((resolve, reject) => {
      if (!this.#open) return reject(new AuthError('timeout', { message: 'the connection is closed' }))
      this.#waiters ??= []
      this.#waiters.push({ resolve, reject })
      this.#step({ type: 'require', nowMs: this.#nowMs(), reason, deadlineMs })
    })
  }

  /** The oldest pending connection makes room for a new one; one that is being closed already is dropped. */
  evict(): void {
    if (this.isClosed) this.edge.terminate()
    else this.refuse('slow_down', this.host.options.policy.deadlineMs)
  }

  /** Code of the application failed, or it closed the socket itself: nothing more is delivered. */
  end(): void {
    this.#step({ type: 'closed', nowMs: this.#nowMs() })
    this.#over()
  }

  /** The transport is gone, and with it everything that was kept. */
  gone(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.end()
    this.host.queue.set(this, Number.POSITIVE_INFINITY)
    this.host.gone(this)
  }

  accept(): void {
    if (!this.edge.accept()) this.gone()
  }

  reject(error: AuthErrorName, retryAfterMs?: number): void {
    this.#over(error)
    this.edge.reject(error, retryAfterMs)
    this.host.refused(this, error, this.#proof.detail)
  }

  verify(attempt: number, token: Secret, reason: 'connect' | 'refresh'): void {
    const { messageMethod } = this.host.options
    const method = this.#state.name === 'upgrading' ? (this.#requestMethod ?? messageMethod) : messageMethod
    // A refresh does not change how somebody came.
    this.#method = reason === 'connect' ? method : (this.#method ?? method)
    this.host.verify(this, attempt, { token, method }, reason)
  }

  say(text: string): void {
    this.#sentAtMs = this.#nowMs()
    this.edge.send(text)
  }

  hold(): void {
    if (!this.#message) return
    this.#held ??= []
    this.#held.push(this.#message)
  }

  admit(grant: Grant): void {
    if (this.#isGone) return
    this.#take(grant)
    if (this.version === 1 && 'channel' in this.#state) this.#prefix = controlPrefix(this.#state.channel)
    this.#open = true
    this.host.admitted(this)
    if (this.#open) this.edge.admit()
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const { data, isBinary } of held) {
      if (this.#open && this.host.options.continuous) this.#verifyEach(data, isBinary)
      else if (this.#open) this.edge.deliver(data, isBinary)
    }
  }

  renew(grant: Grant, refreshed: boolean): void {
    this.host.renewed(this, () => this.#take(grant), refreshed)
    if (!refreshed) return
    const { auth } = this
    for (const waiter of this.#waiters ?? []) if (auth) waiter.resolve(auth)
    this.#waiters = undefined
  }

  close(code: number, reason: string, error?: AuthErrorName): void {
    const wasOpen = this.#open
    this.#over(error)
    this.edge.close(code, reason)
    if (wasOpen) this.host.ended(this, error)
    else if (error) this.host.refused(this, error, this.#proof.detail)
  }

  terminate(): void {
    this.#over()
    this.edge.terminate()
  }

  /** A large message may take longer than two heartbeats, and no other frame comes in between: its bytes are heard as well. */
  #hearBytes(nowMs: number): void {
    const { heartbeatMs } = this.host.options.policy
    const bytesRead = this.edge.bytesRead()
    if (bytesRead !== this.#bytesRead) this.#heardAtMs = Math.max(this.#heardAtMs, nowMs - heartbeatMs)
    this.#bytesRead = bytesRead
  }

  #take(grant: Grant): void {
    const { principal, credential } = this.#proof
    this.principal = principal
    this.credential = credential
    this.auth = socketAuth(grant, principal, this.#method?.name ?? 'anonymous')
  }

  #step(input: ServerInput): void {
    const { state, effects } = stepServer(this.host.options.policy, this.#state, input)
    this.#enter(state, effects)
  }

  #enter(state: ServerState, effects: readonly ServerEffect[]): void {
    const wasClosed = this.isClosed
    this.#state = state
    if ('endsAtMs' in state) this.#endsAtMs = Math.min(state.endsAtMs, state.requiredByMs)
    if (!this.isClosed || !wasClosed) this.#schedule()
    for (const effect of effects) {
      const act: (connection: Connection, effect: never) => void = perform[effect.type]
      act(this, effect as never)
    }
  }

  /** Where the machine is done and the peer does not go, the connection is dropped (SECURITY 18). */
  #schedule(): void {
    const { queue, options } = this.host
    if (!this.isClosed) {
      const dueAtMs = serverDueAt(this.#state)
      if (dueAtMs !== this.dueAtMs) queue.set(this, dueAtMs)
    } else queue.set(this, this.#nowMs() + options.limits.closeTimeoutMs)
  }

  /** Nothing is delivered from here on, whatever the socket still brings. */
  #over(error: AuthErrorName = 'timeout'): void {
    if (this.#open) this.host.left(this)
    this.#open = false
    this.#held = undefined
    this.#continuous = undefined
    this.credential = undefined
    this.#abort?.abort()
    this.#abort = undefined
    const waiters = this.#waiters ?? []
    this.#waiters = undefined
    for (const { reject } of waiters) reject(new AuthError(error, { message: 'the connection ended' }))
  }

  #verifyEach(data: unknown, isBinary: boolean): void {
    this.#continuous ??= new ContinuousQueue(this)
    this.#continuous.push(data, isBinary)
  }

  /** Whether the message starts with this connection's control prefix; a string is made only where it may. */
  #isControl(data: unknown): boolean {
    const { length } = this.#prefix
    if (length === 0 || !(data instanceof Uint8Array) || data[2] !== 0x77 || data.length < length)
      return false
    return Buffer.from(data.buffer, data.byteOffset, length).toString('latin1') === this.#prefix
  }

  #nowMs(): number {
    return this.host.options.clock.now()
  }
}

function sizeOf(data: unknown): number {
  return data instanceof Uint8Array || data instanceof ArrayBuffer ? data.byteLength : 0
}
