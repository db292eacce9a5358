import { between } from '@wsauth/protocol/testing'
import type { AuthWebSocket } from '@wsauth/server'
import { frame } from '../../support.ts'
import type { Token } from './tokens.ts'
import { type Hearing, type ServerFrame, Wire } from './wire.ts'

/** A message of the application's, as its peer sent it. */
export interface Sent {
  readonly text: string
  /** No first message with a credential went before it. */
  readonly isEarly: boolean
  /** What it brings along, where each does. */
  readonly token: Token | undefined
}

/** A client, and everything that is known of its connection on either end. */
export class Peer implements Hearing {
  readonly wire: Wire = new Wire(this)
  readonly id: number
  readonly startedAtMs: number
  readonly #now: () => number
  readonly #random: () => number
  /** Whether the request offered `wsauth.v1`. */
  readonly offers: boolean
  answersClose: boolean = true
  status = 0
  channel: string | undefined
  readonly texts: string[] = []
  closed: { readonly code: number; readonly atMs: number } | undefined
  /** The peer said or did the end. */
  isLeaving = false
  sentAuth = false
  /** Shown in the request. */
  ticket: string | undefined
  readonly sent: Sent[] = []
  #outbox: Buffer = Buffer.alloc(0)

  /** The other end, once the application has it. */
  socket: AuthWebSocket | undefined
  auth: AuthWebSocket['auth'] | undefined
  cameByMessage = false
  readonly delivered: string[] = []
  isPaused = false
  /** How many messages it had sent when the application last stopped reading. */
  pausedFrom = 0
  /** It sent what may not be delivered. */
  isUnsure = false
  drainedByMs: number = Number.POSITIVE_INFINITY
  /** The application ended it, or failed. */
  isEnded = false
  /** Disconnected, or asked for a newer token: by when it is over. */
  endsByMs: number = Number.POSITIVE_INFINITY
  revokedByMs: number = Number.POSITIVE_INFINITY
  mayBeRevoked = false
  closeEvents = 0
  okEvents = 0
  failEvents = 0
  /** It presented what has to be let in. */
  mustBeLetIn = false
  onText: (text: string) => void = () => {}

  constructor(id: number, offers: boolean, now: () => number, random: () => number) {
    this.id = id
    this.offers = offers
    this.#now = now
    this.#random = random
    this.startedAtMs = now()
    this.wire.on('error', () => {})
  }

  get path(): string {
    return `/p${this.id}`
  }

  /** Nothing more comes from this peer. */
  get isGone(): boolean {
    return this.isLeaving || this.wire.destroyed
  }

  /** Told to go, by a status or a Close frame. */
  get isRefused(): boolean {
    return this.closed !== undefined || this.status >= 400
  }

  onStatus(status: number): void {
    this.status = status
  }

  onFrame({ opcode, payload }: ServerFrame): void {
    if (opcode === 8) {
      this.closed ??= { code: payload.length < 2 ? 1005 : payload.readUInt16BE(0), atMs: this.#now() }
      if (this.answersClose) queueMicrotask(() => this.hangUp())
    } else if (opcode === 9) this.#write(frame(payload, { opcode: 10 }))
    else if (opcode === 1) {
      const text = String(payload)
      this.texts.push(text)
      if (text.startsWith('{')) this.#onControl(JSON.parse(text))
      this.onText(text)
    }
  }

  #onControl(message: Record<string, unknown>): void {
    if (typeof message.channel === 'string') this.channel = message.channel
    // A newer token is there: what was asked for is done.
    if (message.type !== 'auth_ok') return
    this.endsByMs = Number.POSITIVE_INFINITY
    this.revokedByMs = Number.POSITIVE_INFINITY
  }

  presents(token: Token): string {
    token.presentedBy.add(this.id)
    return token.name
  }

  /** A text, in as many frames and pieces as it happens to be; the last of them may come later. */
  say(text: string): void {
    const bytes = Buffer.from(text)
    const cut = this.#random() < 0.2 ? between(this.#random, 0, bytes.length) : undefined
    const frames =
      cut === undefined
        ? [frame(bytes)]
        : [frame(bytes.subarray(0, cut), { fin: false }), frame(bytes.subarray(cut), { opcode: 0 })]
    this.#write(...frames)
  }

  tell(token?: Token): void {
    const text = `m${this.id}.${this.sent.length}`
    this.sent.push({ text, isEarly: !this.sentAuth, token })
    this.say(token ? JSON.stringify({ type: 'message', token: this.presents(token), data: text }) : text)
  }

  ping(): void {
    this.#write(frame('', { opcode: 9 }))
  }

  /** The closing handshake, begun or answered. */
  hangUp(): void {
    if (this.isGone) return
    this.#write(frame(Buffer.from([3, 232]), { opcode: 8 }))
    this.flush()
    this.isLeaving = true
    this.wire.push(null)
  }

  reset(): void {
    this.isLeaving = true
    this.wire.destroy(new Error('ECONNRESET'))
  }

  get isFlushed(): boolean {
    return this.#outbox.length === 0
  }

  flush(count: number = this.#outbox.length): void {
    const bytes = this.#outbox.subarray(0, count)
    this.#outbox = this.#outbox.subarray(count)
    if (bytes.length > 0 && !this.isGone) this.wire.push(Buffer.from(bytes))
  }

  #write(...frames: readonly Buffer[]): void {
    this.#outbox = Buffer.concat([this.#outbox, ...frames])
    const random = this.#random
    if (random() < 0.3) this.flush(between(random, 0, this.#outbox.length))
    if (random() < 0.85) this.flush()
  }
}
