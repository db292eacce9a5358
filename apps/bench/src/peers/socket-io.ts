import { createServer } from 'node:http'
import { Server } from 'socket.io'
import type { Job, Served } from '../job.ts'
import { listen } from './listen.ts'
import { jsonwebtokenVerifier } from './verify-jsonwebtoken.ts'

/** Socket.IO with the middleware of its documentation, WebSocket only, no long polling. */
export async function serve(job: Job): Promise<Served> {
  const verify = jsonwebtokenVerifier(job)
  const server = createServer()
  const io = new Server(server, { transports: ['websocket'], serveClient: false })
  io.use((socket, next) => {
    try {
      socket.data.userId = verify(socket.handshake.auth.token)
      next()
    } catch {
      next(new Error('unauthorized'))
    }
  })
  io.on('connection', (socket) => {
    socket.on('message', (text) => socket.emit('message', text))
  })
  return listen(server, job, () => io.disconnectSockets(true))
}
