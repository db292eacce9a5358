import { createServer } from 'node:http'
import { AuthWebSocketServer, jwtVerifier } from '@wsauth/server'
import { type Job, plainKey, type Served } from '../job.ts'
import { chatter } from './expiry.ts'
import { listen } from './listen.ts'

/** wsauth as it is; the application behind it sends and counts. */
export async function serve(job: Job): Promise<Served> {
  const { algorithm, issuer, audience } = job
  const key = await plainKey(job)
  const verifier = jwtVerifier({ key, algorithms: [algorithm], issuer, audience, leewayMs: 0 })
  const server = createServer()
  const wss = new AuthWebSocketServer({ server, auth: { verifier } })
  const { heard, facts, stop } = chatter(() => wss.clients)
  wss.on('connection', (socket) => {
    const endsAtMs = socket.auth.expiresAt ?? Number.POSITIVE_INFINITY
    socket.on('error', () => {})
    socket.on('message', () => heard(endsAtMs))
  })
  const served = await listen(server, job, () => {
    stop()
    wss.close()
  })
  return { ...served, facts }
}
