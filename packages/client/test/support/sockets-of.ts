import type { FakeClock } from '@wsauth/protocol/testing'
import {
  type AuthCloseEvent,
  type AuthWebSocket,
  type ConnectionOptions,
  createWebSocketClass,
} from '../../src/index.ts'
import { FakeWebSocket } from './fake-web-socket.ts'
import { stillTime } from './still-time.ts'

/** Sockets of one class over fake ones, on a clock that stands still; with what they told, in order. */
export function playClass(options: ConnectionOptions = {}): {
  readonly clock: FakeClock
  /** A new one, with what it tells; each entry has the type of the event and the state that the socket was in. */
  make(protocols?: string[]): Played
  settle(): Promise<void>
} {
  const clock = stillTime()
  FakeWebSocket.made = []
  const token = options.method ? undefined : 'token-number-one'
  const Class = createWebSocketClass({
    token,
    WebSocket: FakeWebSocket,
    ...options,
  })
  return {
    clock,
    make(protocols) {
      const socket = new Class('wss://api.example/ws', protocols)
      const played: Played = { socket, told: [], messages: [], end: undefined }
      for (const type of ['open', 'message', 'error', 'close']) {
        socket.addEventListener(type, () => played.told.push(`${type} ${socket.readyState}`))
      }
      socket.addEventListener('message', ({ data }) => played.messages.push(data))
      socket.addEventListener('close', (event) => {
        played.end = event as AuthCloseEvent
      })
      return played
    },
    settle: () => clock.advanceAsync(0),
  }
}

interface Played {
  readonly socket: AuthWebSocket
  readonly told: string[]
  readonly messages: unknown[]
  end: AuthCloseEvent | undefined
}
