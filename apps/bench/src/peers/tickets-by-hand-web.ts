import { createServer } from 'node:http'
import { toNodeHandler } from '@wsauth/server'
import type { Job, Served } from '../job.ts'
import { handMadeTickets, ticketMap } from './hand-made-tickets.ts'
import { listen } from './listen.ts'

/** The same map behind the HTTP server that wsauth's endpoint has: a function from `Request` to `Response`. */
export async function serve(job: Job): Promise<Served> {
  const { mint, upgradesOf } = await handMadeTickets(job, ticketMap())
  const endpoint = async (request: Request): Promise<Response> => {
    if (request.method !== 'POST') return new Response(null, { status: 405 })
    const ticket = await mint(request.headers.get('authorization'))
    if (ticket === undefined) return new Response(null, { status: 401 })
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
    return new Response(JSON.stringify({ ticket, expiresInMs: 30_000 }), { headers })
  }
  const server = createServer(toNodeHandler(endpoint))
  upgradesOf(server)
  return listen(server, job)
}
