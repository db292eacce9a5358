import { createWebSocketClass } from '@wsauth/client'
import { WebSocket as PartySocket } from 'partysocket'
import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../src/eventually.ts'
import { signToken, startStack } from '../../src/stack.ts'

it('partysocket with the class, against AuthWebSocketServer', async () => {
  const stack = await startStack()
  onTestFinished(() => stack.close())

  const token = vi.fn(() => signToken('ada'))
  const socket = new PartySocket(stack.url, [], {
    WebSocket: createWebSocketClass({ token }),
    minReconnectionDelay: 20,
    maxReconnectionDelay: 100,
  })
  onTestFinished(() => socket.close())
  const received: unknown[] = []
  socket.addEventListener('message', ({ data }) => received.push(data))

  await eventually(() => expect(received).toEqual(['hello ada']))
  socket.send('one')
  await eventually(() => expect(received.at(-1)).toBe('one'))

  stack.dropConnections()
  await eventually(() => expect(received.at(-1)).toBe('hello ada'))
  socket.send('two')
  await eventually(() => expect(received.at(-1)).toBe('two'))
  expect(token).toHaveBeenCalledTimes(2)
})
