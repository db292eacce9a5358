import { listen, type OfficialClient, type RedisClient, surviveErrors } from './redis-client.ts'

interface Handlers {
  readonly onMessage: () => void
  readonly onReady: () => void
}

const retryMs = 1_000

/**
 * Opens a connection of its own that listens to `channel`. `onReady` comes at the start and after each reconnect, where
 * the library tells; `onMessage` for each message. Gives the way to end it.
 */
export function follow(client: RedisClient, channel: string, handlers: Handlers): () => void {
  const connection = client.duplicate()
  surviveErrors(connection)
  const state = { isStopped: false, isTrying: false }
  if ('evalSha' in connection) {
    const subscribe = (): void => void subscribeUntilItWorks(connection, channel, handlers, state)
    listen(connection, 'ready', handlers.onReady)
    // A strategy may give up for good, on the connection that listens alone.
    listen(connection, 'terminated', () => void setTimeout(subscribe, retryMs).unref())
    subscribe()
  } else {
    // It is asked anew for each connection: the first question may have been refused for want of one.
    const subscribe = (): void => void connection.subscribe(channel).then(handlers.onReady, () => {})
    const dial = (): void => {
      if (!state.isStopped) connection.connect().catch(() => {})
    }
    listen(connection, 'message', handlers.onMessage)
    listen(connection, 'ready', subscribe)
    listen(connection, 'end', () => void setTimeout(dial, retryMs).unref())
    subscribe()
  }
  const end = (): void =>
    closeQuietly(() => ('evalSha' in connection ? connection.destroy() : connection.disconnect()))
  return () => {
    state.isStopped = true
    // A cluster of `redis` that is ended in the midst of it forgets what it opens next, and that keeps the process.
    if (state.isTrying && 'getNodeClientForKey' in connection) setTimeout(end, retryMs).unref()
    else end()
  }
}

/** `connect()` rejects where the very first attempt is hopeless (a wrong password, a name that does not resolve yet). */
async function subscribeUntilItWorks(
  connection: OfficialClient,
  channel: string,
  { onMessage, onReady }: Handlers,
  state: { isStopped: boolean; isTrying: boolean },
): Promise<void> {
  if (state.isTrying) return
  state.isTrying = true
  while (!state.isStopped) {
    try {
      if (!(connection as { isOpen?: boolean }).isOpen) await connection.connect()
      await connection.subscribe(channel, onMessage)
      onReady()
      break
    } catch {
      await new Promise<void>((resolve) => setTimeout(resolve, retryMs).unref())
    }
  }
  state.isTrying = false
  if (state.isStopped) closeQuietly(() => connection.destroy())
}

function closeQuietly(close: () => unknown): void {
  try {
    // Sentinel's `destroy` is a promise that rejects where the connection never came to be.
    Promise.resolve(close()).catch(() => {})
  } catch {
    // It was closed already.
  }
}
