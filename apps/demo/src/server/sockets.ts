import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import {
  AuthWebSocketServer,
  cookie,
  firstMessage,
  header,
  query,
  type RevocationStore,
  subprotocol,
  type TicketStore,
  ticket,
} from '@wsauth/server'
import { cookiePath, socketPath } from '../shared/paths.ts'
import type { AccessTokens } from './access-tokens.ts'
import { noteArrivals } from './arrivals.ts'
import type { ChatRoom, Guest } from './chat-room.ts'
import type { LiveConnections } from './live-connections.ts'

export interface SocketsOptions {
  readonly server: Server
  readonly tokens: AccessTokens
  readonly tickets: TicketStore
  readonly revocations: RevocationStore
  readonly origins: readonly string[]
  readonly room: ChatRoom
  readonly live: LiveConnections
}

/**
 * The cookie has a path of its own: a browser would add it to every upgrade request otherwise, and a page that wants to
 * show another method could not.
 */
class DemoSockets extends AuthWebSocketServer {
  override shouldHandle({ url = '' }: IncomingMessage): boolean {
    const [path] = url.split('?', 1)
    return path === socketPath || path === cookiePath
  }
}

/** This is all that wsauth asks of a server: a verifier, the ways in, and the pages that may use them. */
export function openSockets({
  server,
  tokens,
  tickets,
  revocations,
  origins,
  room,
  live,
}: SocketsOptions): AuthWebSocketServer {
  const arrivalOf = noteArrivals(server)
  const wss = new DemoSockets({
    server,
    maxPayload: 16 * 1_024,
    auth: {
      verifier: tokens.verifier,
      methods: [firstMessage(), header(), cookie(), query(), subprotocol(), ticket({ store: tickets })],
      origins,
      revocations,
    },
  })

  wss.on('connection', (socket, request) => {
    const { userId, sessionId, claims, method } = socket.auth
    const guest: Guest = {
      connection: randomUUID(),
      userId,
      name: String(claims.name),
      method,
      arrival: arrivalOf(request),
      send: (text) => socket.send(text),
    }
    live.add({
      ...guest,
      sessionId,
      sinceMs: Date.now(),
      expiresAtMs: () => socket.auth.expiresAt,
      wire: request.socket,
    })
    room.enter(guest)
    socket.on('message', (data, isBinary) => {
      if (!isBinary) room.hear(guest, String(data))
    })
    socket.on('close', () => {
      live.remove(guest.connection)
      room.leave(guest)
    })
  })
  return wss
}
