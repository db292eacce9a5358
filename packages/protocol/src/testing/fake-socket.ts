import type { SocketPort } from '../ports/socket.ts'
import { closeReason } from '../wire/close-reason.ts'

/**
 * A socket that writes down what it is asked to do. It is as strict as a real one: after the close nothing is sent, and
 * a close code or reason that does not fit a Close frame throws (RFC 6455 §5.5.1, §7.4).
 */
export class FakeSocket implements SocketPort {
  /** What was sent while it was open, in order. */
  readonly sent: string[] = []
  /** How it was closed; absent while it is open. */
  closed: { readonly code: number; readonly reason: string } | undefined
  terminated = false

  send(text: string): void {
    if (!this.closed && !this.terminated) this.sent.push(text)
  }

  close(code: number, reason: string): void {
    if (
      !(
        code === 1000 ||
        (code >= 1001 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
        (code >= 3000 && code <= 4999)
      )
    ) {
      throw new RangeError(`${code} cannot be sent in a Close frame`)
    }
    if (closeReason(reason) !== reason) throw new RangeError('The reason does not fit a Close frame')
    if (!this.terminated) this.closed ??= { code, reason }
  }

  terminate(): void {
    this.terminated = true
  }
}
