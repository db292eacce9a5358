import { createWebSocketClass } from '@wsauth/client'
import type { AuthWebSocket } from '@wsauth/server'
import { Centrifuge } from 'centrifuge'
import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../src/eventually.ts'
import { signToken, startStack } from '../../src/stack.ts'

/** As much of Centrifugo as a subscription needs: everything is granted, and what is published is said to everybody. */
function centrifugo(socket: AuthWebSocket): void {
  socket.on('message', (data) => {
    for (const line of data.toString().split('\n')) {
      const { id, connect, publish } = JSON.parse(line)
      const done = connect
        ? { connect: { client: 'x', version: 'x' } }
        : publish
          ? { publish: {} }
          : { subscribe: {} }
      socket.send(JSON.stringify({ id, ...done }))
      if (publish) {
        const { channel, data } = publish
        socket.send(JSON.stringify({ push: { channel, pub: { data } } }))
      }
    }
  })
}

it('Centrifuge: a subscription over the class outlives a token, and a log-out ends it', async () => {
  const stack = await startStack({}, centrifugo)
  onTestFinished(() => stack.close())

  const token = vi.fn(() => signToken('ada')).mockReturnValueOnce(signToken('ada', { expiresIn: 2 }))
  const centrifuge = new Centrifuge(stack.url, {
    websocket: createWebSocketClass({ token }),
    minReconnectDelay: 20,
    maxReconnectDelay: 100,
  })
  onTestFinished(() => centrifuge.disconnect())
  const codes: number[] = []
  // It shows the close code, not the event.
  centrifuge.on('connecting', ({ code }) => {
    codes.push(code)
    if (code === 4003 || code === 4004) centrifuge.disconnect()
  })
  const said: unknown[] = []
  const subscription = centrifuge.newSubscription('room')
  subscription.on('publication', ({ data }) => said.push(data))
  subscription.subscribe()
  centrifuge.connect()

  await subscription.publish('one')
  await eventually(() => expect(said).toEqual(['one']))

  await eventually(() => expect(codes).toEqual([0, 4002]))
  await centrifuge.ready()
  await subscription.ready()
  await subscription.publish('two')
  await eventually(() => expect(said).toEqual(['one', 'two']))

  await stack.wss.disconnect({ userId: 'ada' })
  await eventually(() => expect(codes).toEqual([0, 4002, 4004]))
  expect(centrifuge.state).toBe('disconnected')
  expect(token).toHaveBeenCalledTimes(2)
})
