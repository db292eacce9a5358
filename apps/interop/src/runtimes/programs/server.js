// AuthWebSocketServer, in any runtime that has node:http: says what happens, line by line, and does what clients ask for.

import { once } from 'node:events'
import { createServer } from 'node:http'
import {
  AuthWebSocketServer,
  cookie,
  firstMessage,
  header,
  jwtVerifier,
  MemoryTicketStore,
  query,
  subprotocol,
  ticket,
  ticketEndpoint,
  tokenIssuer,
  toNodeHandler,
} from '@wsauth/server'

const token = {
  key: new TextEncoder().encode('a-shared-secret-of-32-characters'),
  issuer: 'https://id.example',
  audience: 'runtimes',
}
const verify = jwtVerifier({ ...token, algorithms: ['HS256'], leewayMs: 0 })
const origins = ['https://app.example']
const store = new MemoryTicketStore()
const tickets = toNodeHandler(ticketEndpoint({ verifier, store, origins }))
/** The credential of `brief` ends in a moment; those of a JWT end with a second. */
async function verifier(text, context) {
  const principal = await verify(text, context)
  return principal.userId === 'brief' ? { ...principal, expiresAt: Date.now() + 200 } : principal
}

const say = (...words) => console.log(words.join(' '))

async function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost')
  if (pathname === '/ticket') return tickets(request, response)
  const userId = searchParams.get('userId') ?? 'ada'
  response.end(await tokenIssuer({ ...token, algorithm: 'HS256', ttlMs: 30_000 }).issue({ userId }))
}

let port = 0
let server
let wss

async function start() {
  server = createServer(answer)
  wss = new AuthWebSocketServer({
    server,
    handleProtocols: (offered) => offered.has('chat') && 'chat',
    auth: {
      verifier,
      origins,
      methods: [
        firstMessage(),
        header(),
        cookie({ name: 'session' }),
        query(),
        subprotocol(),
        ticket({ store }),
      ],
    },
  })
  wss.on('auth_ok', ({ method, userId }) => say('auth_ok', method, userId))
  wss.on('auth_fail', ({ error }) => say('auth_fail', error))
  wss.on('auth_expired', ({ error }) => say('auth_expired', error))
  wss.on('hook_error', ({ hook }) => say('hook_error', hook))
  wss.on('connection', (socket) => socket.on('message', (data, isBinary) => obey(socket, data, isBinary)))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  port = server.address().port
}

async function stop() {
  for (const socket of wss.clients) socket.terminate()
  wss.close()
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}

async function obey(socket, data, isBinary) {
  const order = isBinary ? 'bytes' : String(data)
  say('message', order)
  switch (order) {
    case 'renew':
      await socket.requireAuth({ deadlineMs: 5_000 })
      socket.send('renewed')
      break
    case 'fail':
      throw new Error('an async listener that rejects')
    case 'restart':
      await stop()
      await start()
      break
    case 'stop':
      // Each connection is told apart from the others, so none is left counted once they are gone.
      await stop()
      say('left', wss.stats().live, wss.stats().pending)
      break
    default:
      socket.send(data, { binary: isBinary })
  }
}

await start()
say('listening', port)
