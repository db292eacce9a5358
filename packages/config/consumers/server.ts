// What a user of the server writes, strictly typed: as ES module and as CommonJS, with the oldest compiler.

import { createServer } from 'node:http'
import {
  AuthError,
  AuthWebSocket,
  AuthWebSocketServer,
  cookie,
  firstMessage,
  firstOf,
  header,
  isAuthError,
  jwtVerifier,
  MemoryTicketStore,
  query,
  requireScope,
  type SocketAuth,
  subprotocol,
  ticket,
  ticketEndpoint,
  tokenIssuer,
  toNodeHandler,
  type Verifier,
} from '@wsauth/server'
import { createWebSocketStream, type Server, type WebSocket, type WebSocketServer } from 'ws'

const jwts = jwtVerifier({
  jwks: 'https://id.example/jwks',
  algorithms: ['ES256'],
  issuer: 'a',
  audience: 'b',
})
const own: Verifier = async (token, { signal, reason }) => {
  if (token === '' || signal.aborted) throw new AuthError('access_denied', { message: reason })
  return { userId: 'ada', claims: { admin: true }, expiresAt: Date.now() + 1_000 }
}
const verifier = firstOf(jwts, requireScope(own, 'chat'), () => ({ userId: 'grace' }))
const store = new MemoryTicketStore()

export const wss: AuthWebSocketServer = new AuthWebSocketServer({
  server: createServer(),
  path: '/ws',
  auth: {
    verifier,
    methods: [firstMessage(), header(), ticket({ store }), cookie({ name: 'a' }), query(), subprotocol()],
    origins: ['https://app.example'],
    limits: { pending: 100 },
  },
})

wss.on('connection', (socket, request) => {
  const { userId, claims, expiresAt }: SocketAuth = socket.auth
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  socket.addEventListener('close', ({ code }) => code)
  createWebSocketStream(socket)
  return [userId.length, claims.admin, expiresAt ?? request.url]
})
wss.once('connection', (socket, { url }) => [socket.auth.method, url])
wss.addListener('connection', (socket, { url }) => [socket.auth.method, url])
const greet = (socket: AuthWebSocket): void => socket.send('hello')
wss.on('connection', greet).off('connection', greet).removeListener('connection', greet)
for (const socket of wss.clients) socket.auth.sessionId.length
wss.on('auth_fail', ({ error, detail }) => (error === 'slow_down' ? error : detail?.length))
wss.once('auth_ok', ({ userId, tookMs }) => [userId.length, tookMs > 0])
wss.on('headers', (headers) => headers.push('x-app: a'))
for (const name of ['close', 'listening'] as const) wss.on(name, () => {})
// @ts-expect-error An event has no such member.
wss.on('auth_fail', ({ why }) => why)
// @ts-expect-error The same where it is heard once.
wss.once('auth_fail', ({ why }) => why)

const http = createServer(
  toNodeHandler(ticketEndpoint({ verifier, store, origins: ['https://app.example'] })),
)
http.on('upgrade', (request, raw, head) => {
  wss.handleUpgrade(request, raw, head, (socket, { url }) => [socket.auth.userId, url])
})

// Whoever takes a server or a socket of `ws` takes these, in CommonJS too, where the types of `ws` are others.
export const asServer: WebSocketServer = wss
export const asGenericServer: Server<typeof AuthWebSocket> = wss
export const asSocket: (socket: AuthWebSocket) => WebSocket = (socket) => socket
class OwnSocket extends AuthWebSocket {
  room = 'lobby'
}
new AuthWebSocketServer({ noServer: true, WebSocket: OwnSocket, auth: { verifier } })

// @ts-expect-error Without `auth` it would be a server for everybody.
new AuthWebSocketServer({ port: 0 })
// @ts-expect-error The verifier is required.
new AuthWebSocketServer({ port: 0, auth: {} })
// @ts-expect-error A method is made by calling it.
new AuthWebSocketServer({ port: 0, auth: { verifier, methods: [header] } })
// @ts-expect-error A verifier that answers nothing.
new AuthWebSocketServer({ port: 0, auth: { verifier: () => {} } })
// @ts-expect-error A word that is misspelt.
new AuthWebSocketServer({ port: 0, auth: { verifier, origin: ['https://app.example'] } })
// @ts-expect-error A limit that is misspelt.
new AuthWebSocketServer({ port: 0, auth: { verifier, limits: { pendings: 1 } } })
// @ts-expect-error An issuer, or `false` where any will do.
jwtVerifier({ key: 'secret', algorithms: ['HS256'], audience: 'b' })
// @ts-expect-error A token is revoked, not disconnected.
wss.disconnect({ tokenId: 'a' })

export const token: Promise<string> = tokenIssuer({
  key: 'secret',
  algorithm: 'HS256',
  issuer: 'a',
  audience: 'b',
  ttlMs: 1_000,
}).issue({ userId: 'ada' })
export const ended = (error: unknown): number | undefined =>
  isAuthError(error, 'token_expired') ? error.details.expiredAtMs : undefined
export const revoked: Promise<void> = wss.revoke({ userId: 'ada' }, { issuedBefore: new Date() })
export const fresh = (socket: AuthWebSocket): Promise<SocketAuth> => socket.requireAuth({ reason: 'step_up' })
export const stats = () => wss.stats()
