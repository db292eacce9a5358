import type { Job, Served } from '../job.ts'
import { serveTickets, ticketMap } from './hand-made-tickets.ts'

/** Recipe R8 by hand, tickets in a map. */
export async function serve(job: Job): Promise<Served> {
  return serveTickets(job, ticketMap())
}
