import { createClient } from 'redis'
import type { Job, Served } from '../job.ts'
import { serveTickets } from './hand-made-tickets.ts'

/** Recipe R8 by hand, tickets in Redis as its documentation has one-time keys: `SET … EX`, `GETDEL`. */
export async function serve(job: Job): Promise<Served> {
  const redis = await createClient({ socket: { host: '127.0.0.1', port: job.redisPort ?? 6_379 } }).connect()
  const served = await serveTickets(job, {
    put: (ticket, userId) => redis.set(`ticket:${ticket}`, userId, { EX: 30 }),
    take: (ticket) => redis.getDel(`ticket:${ticket}`),
  })
  return { ...served, close: () => served.close().finally(() => redis.destroy()) }
}
