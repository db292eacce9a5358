import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { AuthWebSocketServer } from '@wsauth/server'
import { type WebSocket, WebSocketServer } from 'ws'
import { listen, stop, verifier } from '../stack.ts'

export interface FarEnd {
  readonly port: number
  close(): Promise<void>
}

/**
 * The far end of the cases, twice on one port: `/plain/…` as anyone's server, `/auth/…` behind wsauth. What follows says what
 * it does.
 */
export async function startFarEnd(serve?: RequestListener): Promise<FarEnd> {
  const server = createServer(serve)
  const port = await listen(server)
  const plain = new WebSocketServer({ noServer: true })
  const auth = new AuthWebSocketServer({
    noServer: true,
    auth: { verifier, origins: [`http://localhost:${port}`] },
  })
  const held: Socket[] = []
  server.on('upgrade', (request, socket, head) => {
    const [, realm, part] = (request.url ?? '').split('/')
    held.push(socket as Socket)
    if (part === 'silent') {
      // Firefox connects to one address after the other, and may wait for one that its page has closed meanwhile.
      setTimeout(() => socket.destroy(), 1_000)
      return
    }
    if (part === 'refuse') {
      socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
      return
    }
    const wss = realm === 'auth' ? auth : plain
    wss.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws, request))
  })
  for (const wss of [plain, auth]) wss.on('connection', act)
  for (const wss of [plain, auth]) wss.options.handleProtocols = choose
  return {
    port,
    async close() {
      for (const socket of held) socket.destroy()
      await stop(server, plain)
      await stop(server, auth)
    },
  }
}

function choose(protocols: Set<string>, { url = '' }: IncomingMessage): string | false {
  return url.endsWith('no-protocol') ? false : ([...protocols][0] ?? false)
}

const listeners = new Set<WebSocket>()

function act(socket: WebSocket, request: IncomingMessage): void {
  const [, , part, code, reason] = (request.url ?? '').split('/')
  switch (part) {
    case 'offered':
      socket.send((request.headers['sec-websocket-protocol'] ?? '').replaceAll(/, */g, ', '))
      break
    case 'talk':
      for (let n = 0; n < 5; n++) socket.send(`${n}`)
      break
    case 'close':
      if (code) socket.close(Number(code), reason)
      else socket.close()
      break
    case 'drop':
      socket.on('message', () => socket.terminate())
      break
    case 'fail':
      socket.on('message', () => {
        socket.send('x')
        // A frame of an opcode that is nobody's; a whole one, since Firefox reads it to its end first.
        ;(request.socket as Socket).write(Buffer.from('8300', 'hex'))
      })
      break
    case 'listen':
      listeners.add(socket)
      break
    case 'tell':
      socket.on('message', (data, binary) => {
        for (const listener of listeners) listener.send(data, { binary })
      })
      break
    default:
      socket.on('message', (data, binary) => socket.send(data, { binary }))
  }
}
