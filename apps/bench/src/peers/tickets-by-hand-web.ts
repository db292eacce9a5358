import { createServer } from 'node:http'
import { toNodeHandler } from '@wsauth/server'
import type { Job, Served } from '../job.ts'
import { listen } from './listen.ts'
import { ticketMap, upgrades } from './tickets-by-hand.ts'

/** The same map behind the HTTP server that wsauth's endpoint has: a function from `Request` to `Response`. */
export async function serve(job: Job): Promise<Served> {
  const { mint, redeem } = await ticketMap(job)
  const endpoint = async (request: Request): Promise<Response> => {
    if (request.method !== 'POST') return new Response(null, { status: 405 })
    const ticket = await mint(request.headers.get('authorization'))
    if (ticket === undefined) return new Response(null, { status: 401 })
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
    return new Response(JSON.stringify({ ticket, expiresInMs: 30_000 }), { headers })
  }
  const server = createServer(toNodeHandler(endpoint))
  upgrades(server, redeem)
  return listen(server, job)
}
