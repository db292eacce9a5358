import { createServer } from 'node:http'
import { AuthWebSocketServer, jwtVerifier } from '@wsauth/server'
import { type Job, plainKey, type Served } from '../job.ts'
import { listen } from './listen.ts'

/** wsauth with its defaults: first message or header, every limit and promise in force. */
export async function serve(job: Job): Promise<Served> {
  const { algorithm, issuer, audience, deadlineMs } = job
  const verifier = jwtVerifier({ key: await plainKey(job), algorithms: [algorithm], issuer, audience })
  const server = createServer()
  const wss = new AuthWebSocketServer({ server, auth: { verifier, deadlineMs } })
  wss.on('connection', (socket) => {
    socket.on('error', () => {})
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  return listen(server, job, () => wss.close())
}
