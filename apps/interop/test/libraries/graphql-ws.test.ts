import { createWebSocketClass } from '@wsauth/client'
import type { AuthWebSocket } from '@wsauth/server'
import { buildSchema } from 'graphql'
import { createClient } from 'graphql-ws'
import { useServer } from 'graphql-ws/use/ws'
import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../src/eventually.ts'
import { signToken, startStack } from '../../src/stack.ts'

const schema = buildSchema('type Query { whoami: String } type Subscription { ticks: String }')

it('graphql-ws: useServer on AuthWebSocketServer, createClient with the class', async () => {
  const stack = await startStack({}, () => {})
  onTestFinished(() => stack.close())
  const cleaner = useServer<Record<string, unknown>, { socket: AuthWebSocket }>(
    {
      schema,
      roots: {
        query: { whoami: (_: unknown, { userId }: { userId: string }) => userId },
        subscription: {
          ticks: async function* (_: unknown, { userId }: { userId: string }) {
            for (let i = 1; i <= 3; i++) yield { ticks: `${userId} ${i}` }
          },
        },
      },
      context: ({ extra }) => ({ userId: extra.socket.auth.userId }),
    },
    stack.wss,
  )
  onTestFinished(() => void cleaner.dispose())

  const token = vi.fn(() => signToken('ada'))
  const closed = vi.fn()
  const client = createClient({
    url: stack.url,
    webSocketImpl: createWebSocketClass({ token }),
    lazy: false,
    retryWait: async () => {},
    on: { closed },
  })
  onTestFinished(() => void client.dispose())

  const ticks: unknown[] = []
  for await (const { data } of client.iterate({ query: 'subscription { ticks }' })) ticks.push(data?.ticks)
  expect(ticks).toEqual(['ada 1', 'ada 2', 'ada 3'])

  stack.dropConnections()
  await eventually(() => expect(closed).toHaveBeenCalled())
  const answers = client.iterate({ query: '{ whoami }' })
  expect((await answers.next()).value.data).toEqual({ whoami: 'ada' })
  expect(token).toHaveBeenCalledTimes(2)
})
