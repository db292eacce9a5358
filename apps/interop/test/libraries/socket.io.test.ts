import { createWebSocketClass } from '@wsauth/client'
import { AuthWebSocketServer } from '@wsauth/server'
import { WebSocket as WebSocketTransport } from 'engine.io-client'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../src/eventually.ts'
import { signToken, startStack, verifier } from '../../src/stack.ts'

// Socket.IO makes its own WebSocketServer and its own sockets: both are put in its hands as classes.
class Engine extends AuthWebSocketServer {
  constructor(options: object) {
    super({ ...options, auth: { verifier } })
  }
}

it('Socket.IO with the class, over an AuthWebSocketServer of its own', async () => {
  const stack = await startStack()
  onTestFinished(() => stack.close())
  stack.server.removeAllListeners('upgrade')
  const server = new Server(stack.server, { wsEngine: Engine, transports: ['websocket'] })
  onTestFinished(() => server.close())
  server.on('connection', (socket) => {
    // What is underneath is a socket of ours.
    const { auth } = Reflect.get(socket.conn.transport, 'socket') as { auth: { userId: string } }
    socket.emit('hello', auth.userId)
    socket.on('say', (text, answer) => answer(text))
  })

  const token = vi.fn(() => signToken('ada'))
  const AuthWebSocket = createWebSocketClass({ token })
  class AuthTransport extends WebSocketTransport {
    override createSocket(url: string, protocols: string | string[] | undefined): WebSocket {
      return new AuthWebSocket(url, protocols)
    }
  }
  const client = io(stack.url, { transports: [AuthTransport], reconnectionDelay: 20 })
  onTestFinished(() => {
    client.disconnect()
  })
  const greeted: string[] = []
  client.on('hello', (name) => greeted.push(name))

  await eventually(() => expect(greeted).toEqual(['ada']))
  expect(await client.emitWithAck('say', 'one')).toBe('one')

  for (const { conn } of server.sockets.sockets.values()) conn.close()
  await eventually(() => expect(greeted).toEqual(['ada', 'ada']))
  expect(await client.emitWithAck('say', 'two')).toBe('two')
  expect(token).toHaveBeenCalledTimes(2)
})
