import { io } from 'socket.io-client'
import type { ClientUnderTest } from './client.ts'

export const socketIoClient: ClientUnderTest = {
  label: 'socket.io-client',
  server: 'socket-io',
  connect: (port, token, onEcho) =>
    new Promise((resolve, reject) => {
      const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], auth: { token } })
      socket.on('message', onEcho)
      socket.on('connect_error', reject)
      socket.on('connect', () => {
        resolve({ send: (text) => socket.emit('message', text), close: () => socket.close() })
      })
    }),
}
