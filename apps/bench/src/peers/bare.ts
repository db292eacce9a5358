import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import type { Job, Served } from '../job.ts'
import { listen } from './listen.ts'

/** `ws` without any authentication: the limit of what a server on it can do. */
export async function serve(job: Job): Promise<Served> {
  const server = createServer()
  const wss = new WebSocketServer({ server })
  wss.on('connection', (socket) => {
    socket.on('error', () => {})
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  return listen(server, job)
}
