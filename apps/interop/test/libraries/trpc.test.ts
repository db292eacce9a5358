import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { createWebSocketClass } from '@wsauth/client'
import type { AuthWebSocket } from '@wsauth/server'
import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually } from '../../src/eventually.ts'
import { signToken, startStack } from '../../src/stack.ts'

const t = initTRPC.context<{ userId: string }>().create()
const router = t.router({
  whoami: t.procedure.query(({ ctx }) => ctx.userId),
  count: t.procedure.subscription(async function* ({ ctx }) {
    for (let i = 1; i <= 3; i++) yield `${ctx.userId} ${i}`
  }),
})

it('tRPC: applyWSSHandler on AuthWebSocketServer, wsLink with the class', async () => {
  const stack = await startStack({}, () => {})
  onTestFinished(() => stack.close())
  applyWSSHandler({
    wss: stack.wss,
    router,
    createContext: ({ res }) => ({ userId: (res as AuthWebSocket).auth.userId }),
  })

  const token = vi.fn(() => signToken('ada'))
  const onClose = vi.fn()
  const wsClient = createWSClient({
    url: stack.url,
    WebSocket: createWebSocketClass({ token }),
    retryDelayMs: () => 20,
    onClose,
  })
  onTestFinished(() => wsClient.close())
  const client = createTRPCClient<typeof router>({ links: [wsLink({ client: wsClient })] })

  expect(await client.whoami.query()).toBe('ada')
  const counted: string[] = []
  await new Promise<void>((resolve, reject) => {
    client.count.subscribe(undefined, {
      onData: (data) => counted.push(data),
      onComplete: resolve,
      onError: reject,
    })
  })
  expect(counted).toEqual(['ada 1', 'ada 2', 'ada 3'])

  stack.dropConnections()
  await eventually(() => expect(onClose).toHaveBeenCalled())
  expect(await client.whoami.query()).toBe('ada')
  expect(token).toHaveBeenCalledTimes(2)
})
