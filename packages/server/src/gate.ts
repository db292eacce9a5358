import { controlPrefix, livesUntil, type ServerState } from '@wsauth/protocol'

/**
 * What stands in front of every frame of a connection, in and out: whether it is authenticated at that moment (P1, P3), and
 * whether a message is control. Frames pay for one comparison of numbers and one look at the clock.
 *
 * A class to extend, not a part: it is one object less for each connection.
 */
export class Gate {
  state: ServerState
  /** `greeting`: the first message may be a credential, though a cookie let the client in already. */
  #passage: 'shut' | 'open' | 'greeting' = 'shut'
  /** From when on nothing passes, whether or not a timer has said so. */
  #endsAtMs = 0
  #heardAtMs: number
  #sentAtMs: number
  #bytesRead = 0

  constructor(state: ServerState, nowMs: number) {
    this.state = state
    this.#heardAtMs = nowMs
    this.#sentAtMs = nowMs
  }

  get version(): 0 | 1 {
    return 'version' in this.state ? this.state.version : 0
  }

  get isClosed(): boolean {
    return this.state.name === 'closed'
  }

  get isOpen(): boolean {
    return this.#passage !== 'shut'
  }

  get mayGreet(): boolean {
    return this.#passage === 'greeting'
  }

  get heardAtMs(): number {
    return this.#heardAtMs
  }

  get sentAtMs(): number {
    return this.#sentAtMs
  }

  heard(nowMs: number): void {
    this.#heardAtMs = nowMs
  }

  sent(nowMs: number): void {
    this.#sentAtMs = nowMs
  }

  isOver(nowMs: number): boolean {
    return nowMs >= this.#endsAtMs
  }

  open(): void {
    this.#passage = 'open'
    this.follow()
  }

  shut(): void {
    this.#passage = 'shut'
  }

  /** The state is another: its end and its greeting are what counts from now on. */
  follow(): void {
    const { state } = this
    if (!('endsAtMs' in state)) return
    this.#endsAtMs = livesUntil(state)
    if (this.isOpen) this.#passage = state.greeting === undefined ? 'open' : 'greeting'
  }

  /** Whether the message starts with this connection's control prefix; a string is made only where it may. */
  isControl(data: unknown): boolean {
    // The `w` of `{"wsauth":`: nearly all other JSON ends here.
    if (!(data instanceof Uint8Array) || data[2] !== 0x77) return false
    const { state } = this
    if (!('channel' in state) || state.version === 0) return false
    const prefix = controlPrefix(state.channel)
    const { length } = prefix
    return (
      data.length >= length && Buffer.from(data.buffer, data.byteOffset, length).toString('latin1') === prefix
    )
  }

  /** A large message may take longer than two heartbeats, with no frame in between: its bytes are heard as well. */
  hearBytes(bytesRead: number, nowMs: number, heartbeatMs: number): void {
    // Kept small and whole: only a difference is of interest, and large numbers are objects of their own.
    const seen = Number.isNaN(bytesRead) ? -1 : bytesRead % 0x4000_0000
    if (seen < 0 || seen !== this.#bytesRead) this.#heardAtMs = Math.max(this.#heardAtMs, nowMs - heartbeatMs)
    this.#bytesRead = seen
  }
}
