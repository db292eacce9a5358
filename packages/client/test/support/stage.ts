import type { FakeClock } from '@wsauth/protocol/testing'
import { AuthClient, type AuthClientOptions, type ClientEvents } from '../../src/index.ts'
import { clientEventNames } from './client-events.ts'
import { FakeWebSocket } from './fake-web-socket.ts'
import { stillTime } from './still-time.ts'

export const channel: string = 'AAAAAAAAAAAAAAAA'
export const authOk: object = {
  type: 'auth_ok',
  userId: 'alice',
  v: 1,
  channel,
  sessionId: 's1',
  expiresInMs: 900_000,
  heartbeatMs: 25_000,
}

/** What a server says after `auth_ok`. */
export function control(members: object): string {
  return JSON.stringify({ wsauth: channel, ...members })
}

/** What a test may say of a client: its options, and what chance says. */
export type PlayOptions = Partial<AuthClientOptions> & { readonly random?: () => number }

/** A client over fake sockets in a time that stands still, with a list of what it told. */
export function play({ random, ...options }: PlayOptions = {}): {
  readonly client: AuthClient
  readonly clock: FakeClock
  readonly told: [keyof ClientEvents, unknown][]
  socket(): FakeWebSocket
  settle(): Promise<void>
  open(answer?: object): Promise<FakeWebSocket>
} {
  const clock = stillTime(random)
  FakeWebSocket.made = []
  const client = new AuthClient('wss://api.example/ws', {
    token: 'token-number-one',
    WebSocket: FakeWebSocket,
    ...options,
  })
  const told: [keyof ClientEvents, unknown][] = []
  for (const name of clientEventNames) client.on(name, (event: unknown) => told.push([name, event]))
  const settle = () => clock.advanceAsync(0)
  return {
    client,
    clock,
    told,
    socket: () => FakeWebSocket.last,
    settle,
    async open(answer = authOk) {
      await settle()
      const socket = FakeWebSocket.last
      socket.open()
      socket.receive(answer)
      return socket
    },
  }
}
