import { AuthClient, createWebSocketClass } from '@wsauth/client'
import type { ClientUnderTest } from './client.ts'

export const authClient: ClientUnderTest = {
  label: 'wsauth, AuthClient',
  server: 'wsauth',
  ours: true,
  async connect(port, token, onEcho) {
    const client = new AuthClient(`ws://127.0.0.1:${port}/ws`, { token })
    client.on('message', onEcho)
    await client.ready()
    return client
  },
}

export const authClass: ClientUnderTest = {
  label: 'wsauth, class',
  server: 'wsauth',
  ours: true,
  connect(port, token, onEcho) {
    const AuthWebSocket = createWebSocketClass({ token })
    const socket = new AuthWebSocket(`ws://127.0.0.1:${port}/ws`)
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(socket))
      socket.addEventListener('error', () => reject(new Error('a client did not connect')))
      socket.addEventListener('message', onEcho)
    })
  },
}
