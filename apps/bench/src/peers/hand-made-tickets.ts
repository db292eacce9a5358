import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { jwtVerify } from 'jose'
import { WebSocketServer } from 'ws'
import { cryptoKey, type Job, type Served } from '../job.ts'
import { listen } from './listen.ts'

/** Where hand-made tickets wait. */
export interface TicketShelf {
  put(ticket: string, userId: string): unknown
  /** Gives the user and forgets the ticket. */
  take(ticket: string): string | null | undefined | Promise<string | null | undefined>
}

/** Recipe R8 by hand: whoever shows a good bearer token gets a ticket, and a ticket is good for one upgrade. */
export interface HandMadeTickets {
  /** `undefined` for a token that is no good. */
  mint(authorization: string | null | undefined): Promise<string | undefined>
  upgradesOf(server: ReturnType<typeof createServer>): void
}

export async function handMadeTickets(job: Job, shelf: TicketShelf): Promise<HandMadeTickets> {
  const key = await cryptoKey(job)
  const options = { algorithms: [job.algorithm], issuer: job.issuer, audience: job.audience }
  const redeem = ({ url = '' }: IncomingMessage): ReturnType<TicketShelf['take']> =>
    shelf.take(new URL(url, 'http://localhost').searchParams.get('ticket') ?? '')
  return {
    async mint(authorization) {
      try {
        const { payload } = await jwtVerify(authorization?.slice('Bearer '.length) ?? '', key, options)
        const ticket = randomBytes(32).toString('base64url')
        await shelf.put(ticket, String(payload.sub))
        return ticket
      } catch {
        return undefined
      }
    },
    upgradesOf(server) {
      const wss = new WebSocketServer({ noServer: true })
      server.on('upgrade', async (request, socket, head) => {
        socket.on('error', () => {})
        if (!(await redeem(request))) {
          socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
          return
        }
        wss.handleUpgrade(request, socket, head, (client) => {
          client.on('error', () => {})
          client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }))
        })
      })
    },
  }
}

/** A map that forgets after 30 s. */
export function ticketMap(): TicketShelf {
  const tickets = new Map<string, { userId: string; endsAtMs: number }>()
  return {
    put: (ticket, userId) => tickets.set(ticket, { userId, endsAtMs: Date.now() + 30_000 }),
    take(ticket) {
      const found = tickets.get(ticket)
      tickets.delete(ticket)
      return found && found.endsAtMs > Date.now() ? found.userId : undefined
    },
  }
}

/** Tickets on Node's own `http`, nothing in between. */
export async function serveTickets(job: Job, shelf: TicketShelf): Promise<Served> {
  const { mint, upgradesOf } = await handMadeTickets(job, shelf)
  const server = createServer(async (request, response) => {
    const ticket = await mint(request.headers.authorization)
    if (request.method !== 'POST' || ticket === undefined) {
      response.writeHead(401).end()
      return
    }
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
    response.writeHead(200, headers).end(JSON.stringify({ ticket, expiresInMs: 30_000 }))
  })
  upgradesOf(server)
  return listen(server, job)
}
