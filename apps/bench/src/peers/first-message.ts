import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import type { Job, Served } from '../job.ts'
import { listen } from './listen.ts'

/** Gives the user that a token stands for, or throws. */
export type Verify = (token: string) => string | Promise<string>

/** Recipe R2 on `ws` as a careful author writes it, around a verification of one's choice. */
export async function serveFirstMessage(job: Job, verify: Verify): Promise<Served> {
  const server = createServer()
  const wss = new WebSocketServer({ server })
  wss.on('connection', (socket) => {
    let userId: string | undefined
    const deadline = setTimeout(() => socket.close(4001, 'Authentication timeout'), job.deadlineMs)
    socket.on('error', () => {})
    socket.on('close', () => clearTimeout(deadline))
    socket.on('message', async (data, isBinary) => {
      if (userId !== undefined) return socket.send(data, { binary: isBinary })
      try {
        const message = JSON.parse(data.toString())
        if (message.type !== 'auth') return
        userId = await verify(message.token)
      } catch {
        socket.send('{"type":"auth_fail"}')
        return socket.close(4001, 'Authentication failed')
      }
      clearTimeout(deadline)
      socket.send(JSON.stringify({ type: 'auth_ok', userId }))
    })
  })
  return listen(server, job)
}
