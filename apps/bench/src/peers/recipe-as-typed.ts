import { createServer } from 'node:http'
import jwt from 'jsonwebtoken'
import { WebSocketServer } from 'ws'
import { type Job, type Served, secretText } from '../job.ts'
import { listen } from './listen.ts'

/** Recipe R2 as readers of the articles type it: the secret is a string, given to `jsonwebtoken` each time. */
export async function serve(job: Job): Promise<Served> {
  const secret = secretText(job)
  const server = createServer()
  const wss = new WebSocketServer({ server })
  wss.on('connection', (ws) => {
    let isAuthenticated = false
    const authTimeout = setTimeout(() => {
      if (!isAuthenticated) ws.close(4001, 'Authentication timeout')
    }, job.deadlineMs)
    ws.on('message', (message) => {
      if (isAuthenticated) return ws.send(message.toString())
      const data = JSON.parse(message.toString())
      if (data.type !== 'auth') return
      try {
        const decoded = jwt.verify(data.token, secret)
        isAuthenticated = true
        clearTimeout(authTimeout)
        ws.send(JSON.stringify({ type: 'auth_ok', userId: decoded.sub }))
      } catch {
        ws.send(JSON.stringify({ type: 'auth_fail' }))
        ws.close(4001, 'Authentication failed')
      }
    })
    ws.on('close', () => clearTimeout(authTimeout))
  })
  return listen(server, job)
}
