import { createServer } from 'node:http'
import {
  AuthWebSocketServer,
  jwtVerifier,
  MemoryTicketStore,
  type TicketStore,
  ticket,
  ticketEndpoint,
  toNodeHandler,
} from '@wsauth/server'
import { type Job, plainKey, type Served } from '../job.ts'
import { listen } from './listen.ts'

/** wsauth's tickets in memory. */
export async function serve(job: Job): Promise<Served> {
  return serveWsauthTickets(job, new MemoryTicketStore())
}

/** Mint and redemption on one HTTP server. */
export async function serveWsauthTickets(job: Job, store: TicketStore): Promise<Served> {
  const { algorithm, issuer, audience } = job
  const verifier = jwtVerifier({ key: await plainKey(job), algorithms: [algorithm], issuer, audience })
  const server = createServer(toNodeHandler(ticketEndpoint({ verifier, store, origins: [] })))
  const wss = new AuthWebSocketServer({ server, auth: { verifier, methods: [ticket({ store })] } })
  wss.on('connection', (socket) => {
    socket.on('error', () => {})
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  return listen(server, job, () => wss.close())
}
