import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AuthOptions, type AuthWebSocket, AuthWebSocketServer, jwtVerifier } from '@wsauth/server'
import jwt from 'jsonwebtoken'

/** The secret that hand-written ends and wsauth share: 32 bytes, as HS256 asks for. */
export const key = 'a-shared-secret-of-32-characters'

/** A JWT as the articles make one, good for 30 s unless told otherwise. */
export function signToken(userId: string, options: jwt.SignOptions = {}): string {
  return jwt.sign({}, key, { subject: userId, expiresIn: 30, ...options })
}

export const verifier = jwtVerifier({
  key: new TextEncoder().encode(key),
  algorithms: ['HS256'],
  issuer: false,
  audience: false,
})

export interface Stack {
  readonly server: Server
  readonly wss: AuthWebSocketServer
  readonly port: number
  /** `ws://localhost:…`, without a path: the server takes every path. */
  readonly url: string
  /** Ends every live connection without a Close frame, as a lost network does. */
  dropConnections(): void
  close(): Promise<void>
}

/** `AuthWebSocketServer` on a free loopback port; the application is what the test says in `onConnection`. */
export async function startStack(
  auth: Partial<AuthOptions> = {},
  onConnection: (socket: AuthWebSocket, request: IncomingMessage) => void = echo,
): Promise<Stack> {
  const server = createServer((_request, response) => response.writeHead(404).end())
  const wss = new AuthWebSocketServer({ server, auth: { verifier, ...auth } })
  wss.on('connection', onConnection)
  const port = await listen(server)
  return {
    server,
    wss,
    port,
    url: `ws://localhost:${port}`,
    dropConnections: () => {
      for (const socket of wss.clients) socket.terminate()
    },
    close: () => stop(server, wss),
  }
}

/** Greets each user by name, then says back what it hears. */
export function echo(socket: AuthWebSocket): void {
  socket.send(`hello ${socket.auth.userId}`)
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
}

/** Listens on a free loopback port. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Ends what is left of a server, so that no test leaves a socket behind. */
export async function stop(
  server: Server,
  wss?: { clients: Set<{ terminate(): void }>; close(): void },
): Promise<void> {
  for (const socket of wss?.clients ?? []) socket.terminate()
  wss?.close()
  server.closeAllConnections()
  if (!server.listening) return
  server.close()
  await once(server, 'close')
}
