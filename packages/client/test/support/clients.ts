import { afterEach, expect } from 'vitest'
import type { AuthClient, ClientEvents, TokenRequest } from '../../src/index.ts'
import type { FakeWebSocket } from './fake-web-socket.ts'
import { authOk, control, type PlayOptions, play } from './stage.ts'

// Clients of several kinds over fake sockets, each closed after its test.

const clients: AuthClient[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

type Played = ReturnType<typeof play>
type Options = PlayOptions

/** An `auth_ok` for a server that is silent, and one without an end as well. */
export const lasting: object = { ...authOk, heartbeatMs: undefined }
export const endless: object = { ...lasting, expiresInMs: undefined }

interface Playing extends Played {
  /** What was told under this name. */
  of(name: keyof ClientEvents): unknown[]
  /** What the application sent, as the newest socket has it. */
  sent(): unknown[]
  /** The last `close`. */
  close(): unknown
}

export function playing(options: Options = {}): Playing {
  const played = play(options)
  clients.push(played.client)
  const of = (wanted: keyof ClientEvents) =>
    played.told.filter(([name]) => name === wanted).map(([, event]) => event)
  return { ...played, of, sent: () => played.socket().sent.slice(1), close: () => of('close').at(-1) }
}

/** A client with a new token each time, and a list of why it was asked for. */
export function living(options: Options = {}): Playing & { readonly asked: string[] } {
  const asked: string[] = []
  return { ...playing({ token: ({ reason }) => `token-number-${asked.push(reason)}`, ...options }), asked }
}

/** The refresh that such a client sends with its token of this number. */
export function refreshWith(n: number): string {
  return control({ type: 'auth', token: `token-number-${n}` })
}

/** Such a client in the moment before it is told its refusal. `wait()` lets the wait pass that was told. */
export async function authenticating(
  options: Options = {},
): Promise<ReturnType<typeof living> & { wait(): Promise<void> }> {
  const played = living(options)
  await played.settle()
  played.socket().open()
  return { ...played, wait: () => played.clock.advanceAsync(Object(played.close()).retryInMs) }
}

export interface Call extends TokenRequest {
  answer(token: string): void
  fail(error: unknown): void
}

interface Asking extends Playing {
  readonly calls: Call[]
  /** The last one. */
  call(): Call
  answer(token: string): Promise<void>
}

/** A client whose provider answers when the test says so. */
export function asking(options: Options = {}): Asking {
  const calls: Call[] = []
  const token = (request: TokenRequest) =>
    new Promise<string>((answer, fail) => calls.push({ ...request, answer, fail }))
  const played = playing({ token, ...options })
  const call = () => calls.at(-1) ?? expect.unreachable('nobody asked')
  return {
    ...played,
    calls,
    call,
    async answer(token) {
      await played.settle()
      call().answer(token)
      await played.settle()
    },
  }
}

/** The tokens that were presented on a socket. */
export function tokensSent(socket: FakeWebSocket): unknown[] {
  return socket.sent.map((text) => JSON.parse(String(text)).token)
}
