import { OwnConnection, retryMs } from './own-connection.ts'
import { listen, type OfficialClient, type RedisClient } from './redis-client.ts'

interface Handlers {
  readonly onMessage: () => void
  readonly onReady: () => void
}

/**
 * Opens a connection of its own that listens to `channel`. `onReady` comes at the start and after each reconnect, where
 * the library tells; `onMessage` for each message. Gives the way to end it.
 */
export function follow(client: RedisClient, channel: string, handlers: Handlers): () => void {
  const own = new OwnConnection(client)
  const connection = own.client
  if ('evalSha' in connection) {
    const subscribe = subscriber(own, connection, channel, handlers)
    listen(connection, 'ready', handlers.onReady)
    // A strategy may give up for good, on the connection that listens alone.
    listen(connection, 'terminated', () => void setTimeout(subscribe, retryMs).unref())
    subscribe()
  } else {
    // It is asked anew for each connection: the first question may have been refused for want of one.
    const subscribe = (): void => void connection.subscribe(channel).then(handlers.onReady, () => {})
    const dial = (): void => {
      if (!own.isEnded) connection.connect().catch(() => {})
    }
    listen(connection, 'message', handlers.onMessage)
    listen(connection, 'ready', subscribe)
    listen(connection, 'end', () => void setTimeout(dial, retryMs).unref())
    subscribe()
  }
  return () => own.end()
}

/** Subscribes until it works: `connect()` rejects where an attempt is hopeless (a wrong password, a name that does not resolve yet). */
function subscriber(
  own: OwnConnection,
  connection: OfficialClient,
  channel: string,
  { onMessage, onReady }: Handlers,
): () => void {
  let isTrying = false
  const attempt = async (): Promise<void> => {
    try {
      await own.during(() => connection.subscribe(channel, onMessage))
      isTrying = false
      onReady()
    } catch {
      if (!own.isEnded) setTimeout(() => void attempt(), retryMs).unref()
    }
  }
  return () => {
    if (isTrying || own.isEnded) return
    isTrying = true
    void attempt()
  }
}
