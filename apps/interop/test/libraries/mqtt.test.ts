import { once } from 'node:events'
import { createWebSocketClass } from '@wsauth/client'
import { Aedes } from 'aedes'
import mqtt from 'mqtt'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createWebSocketStream } from 'ws'
import { signToken, startStack } from '../../src/stack.ts'

it('mqtt.js with the class, against an aedes broker on AuthWebSocketServer', async () => {
  const broker = await Aedes.createBroker()
  onTestFinished(() => new Promise((resolve) => broker.close(resolve)))
  const users = new Set<string>()
  const stack = await startStack({}, (socket, request) => {
    users.add(socket.auth.userId)
    broker.handle(createWebSocketStream(socket), request)
  })
  onTestFinished(() => stack.close())

  const token = vi.fn(() => signToken('ada'))
  const AuthWebSocket = createWebSocketClass({ token })
  const client = mqtt.connect(stack.url, {
    createWebsocket: (url, protocols) => new AuthWebSocket(url, protocols),
    // mqtt.js's own way for WHATWG sockets, which is the only one in browsers.
    forceNativeWebSocket: true,
    reconnectPeriod: 20,
  })
  onTestFinished(() => client.endAsync(true))

  await once(client, 'connect')
  await client.subscribeAsync('rooms/1')
  await client.publishAsync('rooms/1', 'one', { qos: 1 })
  expect(String((await once(client, 'message'))[1])).toBe('one')

  stack.dropConnections()
  await once(client, 'connect')
  const message = once(client, 'message')
  await client.publishAsync('rooms/1', 'two', { qos: 1 })
  expect(String((await message)[1])).toBe('two')
  expect(users).toEqual(new Set(['ada']))
  expect(token).toHaveBeenCalledTimes(2)
})
