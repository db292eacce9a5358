import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type AuthErrorName, CloseCode } from '@wsauth/protocol'
import { WebSocket } from 'ws'
import type { Connection } from '../connection.ts'
import type { Arrival, Edge } from '../edge.ts'
import { weightOf } from '../http-fields.ts'
import { httpRefusal } from '../http-refusal.ts'
import { PreAuthBudget } from '../limiters/pre-auth-budget.ts'
import { quietEnd } from './quiet-end.ts'
import type { Answer, Upgraded, WsDoor } from './ws-door.ts'
import { bunEmit } from './ws-runtime.ts'
import { type AuthWebSocket, attach } from './ws-socket.ts'

/** What is needed until a connection is admitted, and let go of then. */
interface Handshake {
  readonly request: IncomingMessage
  readonly upgraded: Upgraded
  /** Let go of with the 101: what `ws` answers with holds as much as all the rest. */
  arrival: Arrival | undefined
  answer: Answer | undefined
  /** What the peer may still send; from the 101 on. */
  budget: PreAuthBudget | undefined
  /** Before the 101 to `close` of the raw socket, after it to `data`; bound, which is half of a closure. */
  listener: ((chunk: Buffer) => void) | undefined
}

const base: WebSocket = WebSocket.prototype
const us = 1
const application = 2

/**
 * With more control messages than these waiting, `bufferedAmount` holds for them too: each refused refresh is answered, so a
 * client that only writes would have answers pile up without end. A few are no reason to close: a message of the application
 * that is larger than that may be on its way.
 */
const fewUnsent = 60

/** One connection's side towards `ws`: from the upgrade request to the last frame. */
export class WsEdge implements Edge {
  readonly #door: WsDoor
  #handshake: Handshake | undefined
  #connection: Connection | undefined
  #socket: AuthWebSocket | undefined
  readonly #raw: Duplex
  /** Who wants nothing to be read: nobody, `us`, `application`, or both. */
  #pausedBy = 0
  /** Control messages that the peer has left in our memory. */
  #unsent = 0

  constructor(door: WsDoor, raw: Duplex, request: IncomingMessage, arrival: Arrival, upgraded: Upgraded) {
    this.#door = door
    this.#raw = raw
    this.#handshake = {
      request,
      arrival,
      upgraded,
      answer: undefined,
      budget: undefined,
      listener: undefined,
    }
  }

  /** The application knows it. */
  get isAdmitted(): boolean {
    return this.#handshake === undefined
  }

  get arrival(): Arrival | undefined {
    return this.#handshake?.arrival
  }

  get connection(): Connection {
    if (!this.#connection) throw new Error('an edge is used before its connection began')
    return this.#connection
  }

  /** `ws` found nothing wrong with the request and waits for an answer. */
  begin(connection: Connection, answer: Answer): void {
    this.#connection = connection
    const handshake = this.#handshake
    if (!handshake) return
    handshake.answer = answer
  }

  /** The answer waits for a verdict: the peer may leave before. */
  watch(): void {
    const handshake = this.#handshake
    const connection = this.#connection
    if (!handshake || !connection || this.#socket) return
    // It may have left while the application thought about it: then no `close` comes any more.
    if (this.#raw.destroyed) {
      connection.gone()
      return
    }
    handshake.listener = connection.gone.bind(connection)
    this.#raw.on('close', handshake.listener)
  }

  accept(): boolean {
    const { answer, arrival } = this.#handshake ?? {}
    if (!answer) return false
    // To a client of version 1 `auth_ok` or `auth_fail` goes next: one packet for both, and for what the application greets with.
    if (arrival?.version === 1) this.#corkTurn()
    this.#door.complete(this, answer)
    return this.#socket !== undefined
  }

  #corkTurn(): void {
    const raw = this.#raw
    raw.cork()
    process.nextTick(() => raw.uncork())
  }

  /** The 101 is out: from here on `ws` reads frames, and what they may amount to is counted. */
  attach(socket: AuthWebSocket): void {
    const handshake = this.#handshake
    if (!handshake) return
    const raw = this.#raw
    // The socket's own `close` says it from here on.
    if (handshake.listener) raw.removeListener('close', handshake.listener)
    handshake.answer = undefined
    handshake.arrival = undefined
    this.#socket = socket
    attach(socket, this)
    quietEnd(raw)
    // Who brought a good credential along is admitted next, and has no budget to keep to.
    if (this.connection.state.name === 'authenticated') return
    handshake.budget = new PreAuthBudget(this.#door.limits, weightOf(handshake.request))
    handshake.listener = this.count.bind(this)
    raw.prependListener('data', handshake.listener)
  }

  /** Bytes of somebody who is not authenticated. */
  count(chunk: Buffer): void {
    const error = this.#handshake?.budget?.take(chunk)
    if (!error) return
    this.connection.refuse(error)
    // Whatever still comes is read and thrown away: nothing of it is kept, and the peer sees a clean end.
    this.#raw.removeAllListeners('data')
    this.#raw.resume()
    this.#raw.end()
  }

  reject(error: AuthErrorName, retryAfterMs?: number): void {
    const { answer, arrival } = this.#handshake ?? {}
    // One that is refused for its size was presented as well, and is told what every bad one is told (PROTOCOL 6.1).
    const hadCredential = arrival !== undefined && arrival.finding.type !== 'none'
    const { status, body, headers } = httpRefusal(error, hadCredential, retryAfterMs)
    answer?.(false, status, body, { ...headers })
  }

  send(text: string): void {
    if (!this.#socket) return
    if (this.#unsent >= fewUnsent) this.checkBacklog()
    this.#unsent++
    Reflect.apply(base.send, this.#socket, [text, () => this.#unsent--])
  }

  ping(): void {
    if (this.#socket) base.ping.call(this.#socket)
  }

  close(code: number, reason: string): void {
    if (this.#socket) base.close.call(this.#socket, code, reason)
  }

  terminate(): void {
    if (this.#socket) base.terminate.call(this.#socket)
    else this.#raw.destroy()
  }

  admit(): void {
    const handshake = this.#handshake
    const socket = this.#socket
    if (!handshake || !socket) return
    this.#handshake = undefined
    const { upgraded, request, listener } = handshake
    if (listener) this.#raw.removeListener('data', listener)
    this.#door.track(socket)
    try {
      const result: unknown = upgraded(socket, request)
      // The callback of `handleUpgrade` may be async; what `emit` gives is a boolean.
      if (result instanceof Promise) result.catch((error: unknown) => this.fail('connection', error))
    } catch (error) {
      this.fail('connection', error)
    }
  }

  /** The socket is closed. */
  gone(): void {
    this.connection.gone()
    if (this.#socket && this.isAdmitted) this.#door.untrack(this.#socket)
  }

  deliver(data: unknown, isBinary: boolean): void {
    const socket = this.#socket
    if (!socket) return
    try {
      ;(bunEmit ?? base.emit).call(socket, 'message', data, isBinary)
    } catch (error) {
      this.fail('message', error)
    }
  }

  bytesRead(): number {
    // Streams of any other kind do not count what they read.
    if (!(this.#raw instanceof Socket) || this.#socket?.isPaused) return Number.NaN
    return this.#raw.bytesRead
  }

  pause(): void {
    this.#pauseBy(this.#pausedBy | us)
  }

  resume(): void {
    this.#pauseBy(this.#pausedBy & ~us)
  }

  /** What the application wants of reading holds beside what we want. */
  applicationPauses(pauses: boolean): void {
    this.#pauseBy(pauses ? this.#pausedBy | application : this.#pausedBy & ~application)
  }

  #pauseBy(whom: number): void {
    this.#pausedBy = whom
    if (this.#socket) (whom ? base.pause : base.resume).call(this.#socket)
  }

  /** A reader who has left this much unread is closed, before more is added. */
  checkBacklog(): void {
    if (this.#socket && this.#socket.bufferedAmount > this.#door.limits.bufferedAmount) {
      this.connection.refuse('policy_violation')
    }
  }

  /** Code of the application threw or rejected: this connection is closed, the others do not notice (SECURITY 30). */
  fail(hook: string, error: unknown): void {
    this.#door.hookFailed(hook, error)
    // What `ws` refuses and leaves to the application has no connection, and nobody else to end it.
    if (!this.#connection) this.#raw.destroy()
    this.#connection?.end()
    // Where there is no WebSocket the request was answered already: a second answer is an error of the raw socket.
    this.close(CloseCode.internalError, 'Internal error')
  }
}
