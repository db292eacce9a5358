import { bytesOf } from '#events'
import type { SocketData } from './socket.ts'

/** What waits until the connection is open: in order, bounded, and for the one user it was written as (P7). */
export interface Outbox {
  /** Throws where it is full. `size` is that of `sizeOf()`. */
  add(data: SocketData, size?: number): void
  /** Empties it. */
  take(): readonly SocketData[]
}

/** Bytes of what is no text; those of a text are counted where it waits. Throws for what is neither, which a socket would refuse, or garble. */
export function sizeOf(data: unknown): number | undefined {
  const { byteLength, size = byteLength } = Object(data)
  if (size === undefined && typeof data !== 'string') throw new TypeError('Send text or bytes')
  return size
}

export function outbox(): Outbox {
  const maxMessages = 256
  const maxBytes = 1_048_576
  const messages: SocketData[] = []
  let bytes = 0
  return {
    add(data, size = bytesOf(data as string)) {
      const more = bytes + size
      if (messages.length >= maxMessages || more > maxBytes) {
        throw new RangeError('Full outbox: await ready()')
      }
      // As a socket does: what is changed later is sent as it was. A DataView, and a Buffer of Node, stay the caller's.
      messages.push((data as Partial<ArrayBuffer>).slice?.() ?? data)
      bytes = more
    },
    take() {
      bytes = 0
      return messages.splice(0)
    },
  }
}
