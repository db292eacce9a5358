import { createWebSocketClass } from '@wsauth/client'
import { setupWSConnection } from '@y/websocket-server/utils'
import { expect, it, onTestFinished, vi } from 'vitest'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { signToken, startStack } from '../../src/stack.ts'

it('y-websocket: setupWSConnection on AuthWebSocketServer, WebsocketProvider with the class', async () => {
  const stack = await startStack({}, setupWSConnection)
  onTestFinished(() => stack.close())

  const token = vi.fn(() => signToken('ada'))
  const open = (doc: Y.Doc): WebsocketProvider => {
    const WebSocketPolyfill = createWebSocketClass({ token })
    // disableBc: both documents live in this process, and only the socket shall carry what they share.
    const provider = new WebsocketProvider(stack.url, 'room', doc, { WebSocketPolyfill, disableBc: true })
    onTestFinished(() => provider.destroy())
    return provider
  }
  const [ada, bob] = [new Y.Doc(), new Y.Doc()]
  const [providerOfAda, providerOfBob] = [open(ada), open(bob)]
  await vi.waitFor(() => expect(providerOfAda.synced && providerOfBob.synced).toBe(true))

  ada.getText('note').insert(0, 'hello')
  await vi.waitFor(() => expect(bob.getText('note').toString()).toBe('hello'))

  stack.dropConnections()
  await vi.waitFor(() => expect(providerOfAda.wsconnected || providerOfBob.wsconnected).toBe(false))
  ada.getText('note').insert(5, ' again')
  await vi.waitFor(() => expect(bob.getText('note').toString()).toBe('hello again'), { timeout: 5_000 })
  expect(token).toHaveBeenCalledTimes(4)
})
