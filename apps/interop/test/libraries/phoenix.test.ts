import { createWebSocketClass } from '@wsauth/client'
import type { AuthWebSocket } from '@wsauth/server'
import { Socket } from 'phoenix'
import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../src/eventually.ts'
import { signToken, startStack } from '../../src/stack.ts'

/** As much of Phoenix as a channel needs: joins are granted, and what is pushed is said to everybody. */
function phoenix(socket: AuthWebSocket): void {
  socket.on('message', (data) => {
    const [joined, ref, topic, event, payload] = JSON.parse(data.toString())
    socket.send(JSON.stringify([joined, ref, topic, 'phx_reply', { status: 'ok', response: {} }]))
    if (event === 'say') socket.send(JSON.stringify([null, null, topic, 'said', payload]))
  })
}

it('Phoenix: a channel over the class outlives a token, and a log-out ends it', async () => {
  const stack = await startStack({}, phoenix)
  onTestFinished(() => stack.close())

  const token = vi.fn(() => signToken('ada')).mockReturnValueOnce(signToken('ada', { expiresIn: 2 }))
  const socket = new Socket(stack.url, {
    transport: createWebSocketClass({ token }),
    reconnectAfterMs: () => 20,
    rejoinAfterMs: () => 20,
  })
  onTestFinished(() => socket.disconnect())
  const codes: number[] = []
  socket.onClose(({ code, action }) => {
    codes.push(code)
    if (action === 'stop') socket.disconnect()
  })
  const said: string[] = []
  const channel = socket.channel('room')
  channel.on('said', ({ text }) => said.push(text))
  socket.connect()
  channel.join()

  channel.push('say', { text: 'one' })
  await eventually(() => expect(said).toEqual(['one']))

  await eventually(() => expect(codes).toEqual([4002]))
  channel.push('say', { text: 'two' })
  await eventually(() => expect(said).toEqual(['one', 'two']))

  await stack.wss.disconnect({ userId: 'ada' })
  await eventually(() => expect(codes).toEqual([4002, 4004]))
  expect(token).toHaveBeenCalledTimes(2)
})
