import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'

const running: WebSocketServer[] = []

afterEach(() => {
  for (const server of running.splice(0)) {
    for (const socket of server.clients) socket.terminate()
    server.close()
  }
})

/** A bare `ws` server on a free port of this machine, gone after the test. */
export async function serve(
  onConnection: (socket: WebSocket, request: IncomingMessage) => void,
  options: ConstructorParameters<typeof WebSocketServer>[0] = {},
): Promise<{ readonly url: string; readonly server: WebSocketServer }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options })
  running.push(server)
  server.on('connection', onConnection)
  await once(server, 'listening')
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, server }
}
