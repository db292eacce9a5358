// Node's own WebSocket (undici) as the socket underneath: a WHATWG WebSocket that takes no headers.

import { AuthClient, createWebSocketClass, query, subprotocol } from '@wsauth/client'
import { firstMessage, query as queryMethod, subprotocol as subprotocolMethod } from '@wsauth/server'
import { expect, it, onTestFinished } from 'vitest'
import { listenTo, listenToClient } from '../../src/heard.ts'
import { signToken, startStack } from '../../src/stack.ts'

const options = { WebSocket: globalThis.WebSocket, reconnect: { minDelayMs: 100, maxDelayMs: 100 } }
const methods = { firstMessage: undefined, query: query(), subprotocol: subprotocol() }
const ways = Object.entries(methods)

async function start() {
  const stack = await startStack({ methods: [firstMessage(), queryMethod(), subprotocolMethod()] })
  onTestFinished(() => stack.close())
  return stack
}

it.each(ways)('AuthClient over it, by %s, comes back after a dropped connection', async (_, method) => {
  const stack = await start()
  const client = new AuthClient(stack.url, {
    ...options,
    token: () => signToken('ada'),
    ...(method && { method }),
  })
  onTestFinished(() => client.close())
  const next = listenToClient(client)
  expect(await next()).toEqual({ data: 'hello ada' })
  stack.dropConnections()
  expect(await next()).toMatchObject({ code: 1006, action: 'retry' })
  expect(await next()).toEqual({ data: 'hello ada' })
})

it.each(ways)('the class over it, by %s, tells a refusal by its close', async (_, method) => {
  const stack = await start()
  const AuthWebSocket = createWebSocketClass({ ...options, token: 'x.y.z', ...(method && { method }) })
  expect(await listenTo(new AuthWebSocket(stack.url))()).toMatchObject({ code: 4001 })
})
