import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { jwtVerify } from 'jose'
import { WebSocketServer } from 'ws'
import { cryptoKey, type Job, type Served } from '../job.ts'
import { listen } from './listen.ts'

/** Whoever shows a good bearer token gets a ticket, or nothing. */
export type Mint = (authorization: string | null | undefined) => Promise<string | undefined>

/** Recipe R8 by hand: tickets in a map, 30 s, each good for one upgrade. */
export async function ticketMap(
  job: Job,
): Promise<{ mint: Mint; redeem(request: IncomingMessage): string | undefined }> {
  const key = await cryptoKey(job)
  const options = { algorithms: [job.algorithm], issuer: job.issuer, audience: job.audience }
  const tickets = new Map<string, { userId: string; endsAtMs: number }>()
  return {
    async mint(authorization) {
      try {
        const { payload } = await jwtVerify(authorization?.slice('Bearer '.length) ?? '', key, options)
        const ticket = randomBytes(32).toString('base64url')
        tickets.set(ticket, { userId: String(payload.sub), endsAtMs: Date.now() + 30_000 })
        return ticket
      } catch {
        return undefined
      }
    },
    redeem({ url = '' }) {
      const ticket = new URL(url, 'http://localhost').searchParams.get('ticket') ?? ''
      const found = tickets.get(ticket)
      tickets.delete(ticket)
      return found && found.endsAtMs > Date.now() ? found.userId : undefined
    },
  }
}

/** The upgrade half, the same for both hand-written servers. */
export function upgrades(
  server: ReturnType<typeof createServer>,
  redeem: (request: IncomingMessage) => string | undefined,
): void {
  const wss = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {})
    if (redeem(request) === undefined) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
      return
    }
    wss.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => {})
      client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }))
    })
  })
}

/** On Node's own `http`, nothing in between. */
export async function serve(job: Job): Promise<Served> {
  const { mint, redeem } = await ticketMap(job)
  const server = createServer(async (request, response) => {
    const ticket = await mint(request.headers.authorization)
    if (request.method !== 'POST' || ticket === undefined) {
      response.writeHead(401).end()
      return
    }
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
    response.writeHead(200, headers).end(JSON.stringify({ ticket, expiresInMs: 30_000 }))
  })
  upgrades(server, redeem)
  return listen(server, job)
}
