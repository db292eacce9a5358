import { createServer } from 'node:http'
import { jwtVerify } from 'jose'
import { WebSocketServer } from 'ws'
import { cryptoKey, type Job, type Served } from '../job.ts'
import { chatter } from './expiry.ts'
import { listen } from './listen.ts'

/** Recipe R2 with what careful authors add: a timer per connection that closes it when its token ends. */
export async function serve(job: Job): Promise<Served> {
  const key = await cryptoKey(job)
  const options = { algorithms: [job.algorithm], issuer: job.issuer, audience: job.audience }
  const server = createServer()
  const wss = new WebSocketServer({ server })
  const { heard, facts, stop } = chatter(() => wss.clients)
  wss.on('connection', (socket) => {
    let endsAtMs: number | undefined
    let timer = setTimeout(() => socket.close(4001, 'Authentication timeout'), job.deadlineMs)
    socket.on('error', () => {})
    socket.on('close', () => clearTimeout(timer))
    socket.on('message', async (data) => {
      if (endsAtMs !== undefined) return heard(endsAtMs)
      const { payload } = await jwtVerify(JSON.parse(data.toString()).token, key, options).catch(() => ({
        payload: undefined,
      }))
      if (!payload) return socket.close(4001, 'Authentication failed')
      endsAtMs = (payload.exp ?? 0) * 1_000
      clearTimeout(timer)
      timer = setTimeout(() => socket.close(4002, 'Token expired'), endsAtMs - Date.now())
      socket.send(JSON.stringify({ type: 'auth_ok', userId: payload.sub }))
    })
  })
  const served = await listen(server, job, stop)
  return { ...served, facts }
}
