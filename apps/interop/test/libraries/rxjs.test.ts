import { createWebSocketClass } from '@wsauth/client'
import { retry } from 'rxjs'
import { webSocket } from 'rxjs/webSocket'
import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../src/eventually.ts'
import { signToken, startStack } from '../../src/stack.ts'

it('rxjs: webSocket with the class, against AuthWebSocketServer', async () => {
  const stack = await startStack({}, (socket) => {
    socket.send(JSON.stringify({ hello: socket.auth.userId }))
    socket.on('message', (data) => socket.send(data.toString()))
  })
  onTestFinished(() => stack.close())

  const token = vi.fn(() => signToken('ada'))
  const subject = webSocket<object>({ url: stack.url, WebSocketCtor: createWebSocketClass({ token }) })
  const received: object[] = []
  const subscription = subject.pipe(retry({ delay: 20 })).subscribe((value) => received.push(value))
  onTestFinished(() => subscription.unsubscribe())

  await eventually(() => expect(received).toEqual([{ hello: 'ada' }]))
  subject.next({ text: 'one' })
  await eventually(() => expect(received.at(-1)).toEqual({ text: 'one' }))

  stack.dropConnections()
  await eventually(() => expect(received.at(-1)).toEqual({ hello: 'ada' }))
  subject.next({ text: 'two' })
  await eventually(() => expect(received.at(-1)).toEqual({ text: 'two' }))
  expect(token).toHaveBeenCalledTimes(2)
})
