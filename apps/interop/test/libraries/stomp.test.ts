import { Client } from '@stomp/stompjs'
import { createWebSocketClass } from '@wsauth/client'
import type { AuthWebSocket } from '@wsauth/server'
import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../src/eventually.ts'
import { signToken, startStack } from '../../src/stack.ts'

/** As much of a broker as one subscription needs: what is sent is said back to it. */
function broker(socket: AuthWebSocket): void {
  let subscription = ''
  socket.on('message', (data) => {
    const [head = '', body = ''] = data.toString().replace('\0', '').split('\n\n')
    const [command, ...headers] = head.split('\n')
    const header = (name: string): string =>
      headers.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1) ?? ''
    if (command === 'CONNECT') socket.send('CONNECTED\nversion:1.2\n\n\0')
    if (command === 'SUBSCRIBE') subscription = header('id')
    if (command === 'SEND') {
      socket.send(
        `MESSAGE\nsubscription:${subscription}\nmessage-id:1\ndestination:${header('destination')}\n\n${body}\0`,
      )
    }
  })
}

it('STOMP: a client over the class outlives a token, and a log-out ends it', async () => {
  const stack = await startStack({}, broker)
  onTestFinished(() => stack.close())

  const token = vi.fn(() => signToken('ada')).mockReturnValueOnce(signToken('ada', { expiresIn: 2 }))
  const AuthWebSocket = createWebSocketClass({ token })
  const codes: number[] = []
  const said: string[] = []
  const client = new Client({
    webSocketFactory: () => new AuthWebSocket(stack.url, ['v12.stomp']),
    reconnectDelay: 20,
    onConnect() {
      client.subscribe('/room', ({ body }) => said.push(body))
      client.publish({ destination: '/room', body: 'hello' })
    },
    onWebSocketClose({ code, action }) {
      codes.push(code)
      if (action === 'stop') client.deactivate()
    },
  })
  onTestFinished(() => client.deactivate())
  client.activate()

  await eventually(() => expect(said).toEqual(['hello']))
  await eventually(() => expect(codes).toEqual([4002]))
  await eventually(() => expect(said).toEqual(['hello', 'hello']))

  await stack.wss.disconnect({ userId: 'ada' })
  await eventually(() => expect(codes).toEqual([4002, 4004]))
  expect(client.active).toBe(false)
  expect(token).toHaveBeenCalledTimes(2)
})
