import { createRequire } from 'node:module'
import { createWebSocketClass } from '@wsauth/client'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { WebsocketProvider } from 'y-websocket'
import type * as Yjs from 'yjs'
import { eventually } from '../../src/eventually.ts'
import { signToken, startStack } from '../../src/stack.ts'

// All of it by `require`, as its server does: Yjs must not be loaded twice.
const require = createRequire(import.meta.url)
const Y: typeof Yjs = require('yjs')
const { WebsocketProvider: Provider }: typeof import('y-websocket') = require('y-websocket')
// The server came with y-websocket 2; its successor, @y/websocket-server, is for the next Yjs.
const { setupWSConnection } = require('y-websocket-server/bin/utils')

it('y-websocket: setupWSConnection on AuthWebSocketServer, WebsocketProvider with the class', async () => {
  const stack = await startStack({}, setupWSConnection)
  onTestFinished(() => stack.close())

  const token = vi.fn(() => signToken('ada'))
  const lost = vi.fn()
  const open = (doc: Yjs.Doc): WebsocketProvider => {
    const WebSocketPolyfill = createWebSocketClass({ token })
    // disableBc: both documents live in this process, and only the socket shall carry what they share.
    const provider = new Provider(stack.url, 'room', doc, { WebSocketPolyfill, disableBc: true })
    onTestFinished(() => provider.destroy())
    provider.on('connection-close', lost)
    return provider
  }
  const [ada, bob] = [new Y.Doc(), new Y.Doc()]
  const [providerOfAda, providerOfBob] = [open(ada), open(bob)]
  await eventually(() => expect(providerOfAda.synced && providerOfBob.synced).toBe(true))

  ada.getText('note').insert(0, 'hello')
  await eventually(() => expect(bob.getText('note').toString()).toBe('hello'))

  stack.dropConnections()
  await eventually(() => expect(lost).toHaveBeenCalledTimes(2))
  ada.getText('note').insert(5, ' again')
  await eventually(() => expect(bob.getText('note').toString()).toBe('hello again'))
  expect(token).toHaveBeenCalledTimes(4)
})
