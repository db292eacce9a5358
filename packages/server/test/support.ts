import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, type Socket } from 'node:net'
import {
  AuthError,
  type AuthOptions,
  type AuthWebSocket,
  AuthWebSocketServer,
  type AuthWebSocketServerOptions,
  type Verifier,
} from '@wsauth/server'
import { WebSocket } from 'ws'

/** Tokens are `good:<user>`; everything else is refused. */
export const verifier: Verifier = (token) => {
  const userId = /^good:(\w+)$/.exec(token)?.[1]
  if (userId === undefined) throw new AuthError('invalid_token')
  return { userId }
}

export interface Started {
  readonly wss: AuthWebSocketServer
  readonly url: string
  readonly port: number
}

const open: AuthWebSocketServer[] = []

/** A server on a port of its own; `stopAll` ends it. */
export async function start(
  auth: Partial<AuthOptions> = {},
  options: Partial<AuthWebSocketServerOptions> = {},
): Promise<Started> {
  const wss = new AuthWebSocketServer({ port: 0, host: '127.0.0.1', ...options, auth: { verifier, ...auth } })
  open.push(wss)
  await once(wss, 'listening')
  const { port } = wss.address() as AddressInfo
  return { wss, port, url: `ws://127.0.0.1:${port}` }
}

/** Who comes in from now on. An assertion in a listener would end its connection with 1011, and no test. */
export function admitted(wss: AuthWebSocketServer): AuthWebSocket[] {
  const sockets: AuthWebSocket[] = []
  wss.on('connection', (socket) => sockets.push(socket))
  return sockets
}

export async function stopAll(): Promise<void> {
  for (const wss of open.splice(0)) {
    for (const client of wss.clients ?? []) client.terminate()
    await new Promise<void>((resolve) => wss.close(() => resolve()))
  }
}

/** What a client saw: its messages as text, and how it ended. */
export interface Seen {
  readonly socket: WebSocket
  readonly messages: string[]
  readonly closed: Promise<{ code: number; reason: string }>
  /** The message at `index`, once it has come. */
  message(index: number): Promise<string>
  send(...texts: string[]): void
}

/** A client that says nothing by itself. */
export function dial(url: string, protocols: string[] = [], options: WebSocket.ClientOptions = {}): Seen {
  const socket = new WebSocket(url, protocols, options)
  socket.setMaxListeners(0)
  const messages: string[] = []
  const waiting: (() => void)[] = []
  socket.on('message', (data) => {
    messages.push(String(data))
    for (const wake of waiting.splice(0)) wake()
  })
  socket.on('error', () => {})
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
  return {
    socket,
    messages,
    closed,
    async message(index) {
      while (messages[index] === undefined) {
        await new Promise<void>((resolve, reject) => {
          waiting.push(resolve)
          socket.once('close', (code) => reject(new Error(`closed with ${code} before message ${index}`)))
        })
      }
      return messages[index]
    },
    send(...texts) {
      for (const text of texts) socket.send(text)
    },
  }
}

/** A client that authenticated by its first message. */
export async function signIn(url: string, token = 'good:alice', v?: 1): Promise<Seen> {
  const seen = dial(url)
  await once(seen.socket, 'open')
  seen.send(JSON.stringify({ type: 'auth', token, v }))
  await seen.message(0)
  return seen
}

/** One masked frame, final unless told. */
export function frame(
  text: string | Buffer,
  { opcode = 1, fin = true }: { readonly opcode?: number; readonly fin?: boolean } = {},
): Buffer {
  const payload = Buffer.from(text)
  const mask = Buffer.from([1, 2, 3, 4])
  const first = (fin ? 0x80 : 0) | opcode
  const header =
    payload.length < 126
      ? Buffer.from([first, 0x80 | payload.length])
      : Buffer.from([first, 0x80 | 126, payload.length >> 8, payload.length & 0xff])
  const masked = payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))
  return Buffer.concat([header, mask, masked])
}

/** The text of an upgrade request. */
export function upgradeRequest(target = '/', headers: readonly string[] = []): string {
  return [
    `GET ${target} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...headers,
    '',
    '',
  ].join('\r\n')
}

export interface Raw {
  readonly socket: Socket
  /** Everything that came back, as Latin-1, once the connection ended. */
  readonly ended: Promise<string>
  received(): string
  /** Resolves when `text` has come. */
  until(text: string): Promise<string>
}

/** A bare TCP client that writes `bytes` in one go. */
export function raw(port: number, bytes: string | Buffer): Raw {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  socket.write(bytes)
  return {
    socket,
    received: () => received,
    ended: new Promise((resolve) => socket.on('close', () => resolve(received))),
    async until(text) {
      while (!received.includes(text)) await once(socket, 'data')
      return received
    },
  }
}
