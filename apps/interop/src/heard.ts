import type { AuthClient } from '@wsauth/client'

/** What a WebSocket says next: its next message, or how it closed. */
export type Heard = { data: unknown } | { code: number; reason: string }

/**
 * Everything that a WebSocket says, to be asked for one by one: a message may come in the same moment as `open`.
 * Takes anything that listens as a WHATWG WebSocket does.
 */
export function listenTo(socket: Pick<WebSocket, 'addEventListener'>): () => Promise<Heard> {
  const { push, next } = queue<Heard>()
  socket.addEventListener('message', ({ data }) => push({ data }))
  socket.addEventListener('close', ({ code, reason }) => push({ code, reason }))
  return next
}

/** The same for an {@link AuthClient}, whose `close` also says what it does next. */
export function listenToClient(
  client: AuthClient,
): () => Promise<{ data: unknown } | { code: number; reason: string; action: string }> {
  const { push, next } = queue<{ data: unknown } | { code: number; reason: string; action: string }>()
  client.on('message', (data) => push({ data }))
  client.on('close', ({ code, reason, action }) => push({ code, reason, action }))
  return next
}

function queue<T>(): { push(value: T): void; next(): Promise<T> } {
  const values: T[] = []
  const waiting: ((value: T) => void)[] = []
  return {
    push(value) {
      const resolve = waiting.shift()
      if (resolve) resolve(value)
      else values.push(value)
    },
    next: () =>
      values.length > 0
        ? Promise.resolve(values.shift() as T)
        : new Promise((resolve) => waiting.push(resolve)),
  }
}
