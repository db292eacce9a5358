import type { AuthErrorName } from '@wsauth/protocol'

const usualRequestBytes = 2 * 1024

/**
 * What one connection may send before it is authenticated, counted on the raw bytes (DESIGN 7): `ws` has such limits per
 * server and message only, and a message that never ends is never seen.
 *
 * Follows the frames just closely enough to count those that are pieces of a message (RFC 6455 §5.2); whether they are
 * well-formed is for the receiver to say.
 */
export class PreAuthBudget {
  #bytes: number
  #fragments: number
  /** Bytes of the current frame that are still to come and need no look. */
  #skip = 0
  /** The part of a frame's header that has come, as long as it is incomplete: two bytes and up to eight of length. */
  #header: number[] | undefined = undefined

  /** `requestBytes` is the weight of the upgrade request, which is kept as well: what is usual is free. */
  constructor(
    { preAuthBytes, preAuthFragments }: { readonly preAuthBytes: number; readonly preAuthFragments: number },
    requestBytes = 0,
  ) {
    this.#bytes = preAuthBytes - Math.max(0, requestBytes - usualRequestBytes)
    this.#fragments = preAuthFragments
  }

  /** Counts what came in; names the error when it was too much. */
  take(chunk: Uint8Array): AuthErrorName | undefined {
    this.#bytes -= chunk.length
    if (this.#bytes < 0) return 'message_too_big'
    let at = 0
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at)
        this.#skip -= skipped
        at += skipped
        continue
      }
      this.#header ??= []
      this.#header.push(chunk[at++] ?? 0)
      this.#onHeader(this.#header)
    }
    return this.#fragments < 0 ? 'policy_violation' : undefined
  }

  #onHeader(header: number[]): void {
    const [first = 0, second = 0] = header
    if (header.length < 2) return
    const short = second & 0x7f
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
    if (header.length < 2 + lengthBytes) return
    const payload = lengthBytes ? header.slice(2).reduce((sum, byte) => sum * 256 + byte, 0) : short
    const isFinal = (first & 0x80) !== 0
    const isContinuation = (first & 0x0f) === 0
    if (!isFinal || isContinuation) this.#fragments--
    this.#skip = payload + (second & 0x80 ? 4 : 0)
    this.#header = undefined
  }
}
