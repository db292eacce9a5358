import PartyWebSocket from 'partysocket/ws'
import * as reconnectingWebSocket from 'reconnecting-websocket'
import { WebSocket } from 'ws'
import type { ClientUnderTest, EchoClient } from './client.ts'

/** What all of these have in common with a WHATWG `WebSocket`. */
interface Socket {
  addEventListener(type: 'open' | 'message' | 'error', listener: () => void): void
  send(text: string): void
  close(): void
}

function opened(socket: Socket, onEcho: () => void): Promise<EchoClient> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(socket))
    socket.addEventListener('error', () => reject(new Error('a client did not connect')))
    socket.addEventListener('message', onEcho)
  })
}

export const plain: ClientUnderTest = {
  label: 'ws',
  server: 'bare',
  connect: (port, _, onEcho) => opened(new WebSocket(`ws://127.0.0.1:${port}/ws`), onEcho),
}

// A CommonJS module whose types describe the ES module that lies beside it.
const ReconnectingWebSocket =
  reconnectingWebSocket.default as unknown as typeof reconnectingWebSocket.default.default

export const reconnecting: ClientUnderTest = {
  label: 'reconnecting-websocket on ws',
  server: 'bare',
  connect: (port, _, onEcho) =>
    opened(new ReconnectingWebSocket(`ws://127.0.0.1:${port}/ws`, [], { WebSocket }), onEcho),
}

export const party: ClientUnderTest = {
  label: 'partysocket on ws',
  server: 'bare',
  connect: (port, _, onEcho) =>
    opened(new PartyWebSocket(`ws://127.0.0.1:${port}/ws`, [], { WebSocket }), onEcho),
}
