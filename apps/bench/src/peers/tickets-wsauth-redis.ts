import { RedisTicketStore } from '@wsauth/redis'
import { createClient } from 'redis'
import type { Job, Served } from '../job.ts'
import { serveWsauthTickets } from './tickets-wsauth.ts'

/** wsauth's tickets in Redis: hashed, sealed, counted by subject, fenced against a restart. */
export async function serve(job: Job): Promise<Served> {
  const redis = await createClient({ socket: { host: '127.0.0.1', port: job.redisPort ?? 6_379 } }).connect()
  const served = await serveWsauthTickets(job, new RedisTicketStore({ client: redis }))
  return { ...served, close: () => served.close().finally(() => redis.destroy()) }
}
