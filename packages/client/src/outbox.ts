import type { SocketData } from './socket.ts'

const maxMessages = 256
const maxBytes = 1_048_576

/** What waits until the connection is open: in order, bounded, and for the one user it was written as (P7). */
export interface Outbox {
  /** Throws where it is full. */
  add(data: SocketData): void
  /** Empties it. */
  take(): readonly SocketData[]
}

export function outbox(): Outbox {
  const messages: SocketData[] = []
  let bytes = 0
  return {
    add(data) {
      const { length, byteLength, size } = data as { length?: number; byteLength?: number; size?: number }
      const more = bytes + (length ?? byteLength ?? size ?? 0)
      if (messages.length >= maxMessages || more > maxBytes) {
        throw new RangeError('Full outbox: await ready()')
      }
      messages.push(data)
      bytes = more
    },
    take() {
      bytes = 0
      return messages.splice(0)
    },
  }
}
