import { createWebSocketClass } from '@wsauth/client'
import { Aedes } from 'aedes'
import mqtt, { type MqttClient } from 'mqtt'
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

  await connected(client)
  await client.subscribeAsync('rooms/1')
  const [one] = await Promise.all([messageOf(client), client.publishAsync('rooms/1', 'one', { qos: 1 })])
  expect(one).toBe('one')

  stack.dropConnections()
  await connected(client)
  const [two] = await Promise.all([messageOf(client), client.publishAsync('rooms/1', 'two', { qos: 1 })])
  expect(two).toBe('two')
  expect(users).toEqual(new Set(['ada']))
  expect(token).toHaveBeenCalledTimes(2)
})

const connected = (client: MqttClient): Promise<unknown> =>
  new Promise((resolve) => client.once('connect', resolve))
const messageOf = (client: MqttClient): Promise<string> =>
  new Promise((resolve) => client.once('message', (_topic, payload) => resolve(payload.toString())))
