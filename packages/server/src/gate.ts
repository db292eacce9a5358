import { controlPrefix } from '@wsauth/protocol'

const never: number = Number.POSITIVE_INFINITY

/**
 * What stands in front of every frame of a connection, in and out: whether it is authenticated at that moment (P1, P3), and
 * whether a message is control. Frames pay for one comparison of numbers and one look at the clock.
 */
export class Gate {
  isOpen = false
  /** From when on nothing passes, whether or not a timer has said so. */
  endsAtMs: number = never
  /** The first message may be a credential, though a cookie let the client in already. */
  mayGreet = false
  heardAtMs: number
  sentAtMs: number
  #bytesRead = 0
  #prefix = ''

  constructor(nowMs: number) {
    this.heardAtMs = nowMs
    this.sentAtMs = nowMs
  }

  /** `channel` is absent for a client that speaks version 0, which has no control. */
  open(channel: string | undefined): void {
    this.isOpen = true
    if (channel !== undefined) this.#prefix = controlPrefix(channel)
  }

  /** Whether the message starts with this connection's control prefix; a string is made only where it may. */
  isControl(data: unknown): boolean {
    const { length } = this.#prefix
    // The `w` of `{"wsauth":`: nearly all other JSON ends here.
    if (length === 0 || !(data instanceof Uint8Array) || data[2] !== 0x77 || data.length < length)
      return false
    return Buffer.from(data.buffer, data.byteOffset, length).toString('latin1') === this.#prefix
  }

  /** A large message may take longer than two heartbeats, with no frame in between: its bytes are heard as well. */
  hearBytes(bytesRead: number, nowMs: number, heartbeatMs: number): void {
    if (bytesRead !== this.#bytesRead) this.heardAtMs = Math.max(this.heardAtMs, nowMs - heartbeatMs)
    this.#bytesRead = bytesRead
  }
}
