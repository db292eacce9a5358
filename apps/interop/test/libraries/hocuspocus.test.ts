import { readFileSync } from 'node:fs'
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { Hocuspocus } from '@hocuspocus/server'
import { createWebSocketClass } from '@wsauth/client'
import type { AuthWebSocketServer } from '@wsauth/server'
import { expect, it, onTestFinished, vi } from 'vitest'
import * as Y from 'yjs'
import { eventually } from '../../src/eventually.ts'
import { signToken, startStack } from '../../src/stack.ts'

/** As the server's page has it. */
async function snippet(): Promise<{
  serveDocuments(wss: AuthWebSocketServer, hocuspocus: Hocuspocus): void
}> {
  const page = readFileSync(new URL('../../../../packages/server/README.md', import.meta.url), 'utf8')
  const [, code = ''] = /```js\n\/\/ hocuspocus\.js\n([\s\S]*?)```/.exec(page) ?? []
  return import(`data:text/javascript,${encodeURIComponent(code)}`)
}

it('Hocuspocus: handleConnection on AuthWebSocketServer, the provider with the class', async () => {
  const openedBy = vi.fn()
  const hocuspocus = new Hocuspocus({ onConnect: async ({ context }) => openedBy(context) })
  const stack = await startStack({}, () => {})
  const { serveDocuments } = await snippet()
  serveDocuments(stack.wss, hocuspocus)
  onTestFinished(() => stack.close())

  const token = vi.fn(() => signToken('ada'))
  const open = (document: Y.Doc): HocuspocusProvider => {
    const WebSocketPolyfill = createWebSocketClass({ token })
    const websocketProvider = new HocuspocusProviderWebsocket({
      url: stack.url,
      WebSocketPolyfill,
      delay: 20,
      minDelay: 20,
    })
    const provider = new HocuspocusProvider({ websocketProvider, name: 'room', document })
    provider.attach()
    onTestFinished(() => {
      provider.destroy()
      websocketProvider.destroy()
    })
    return provider
  }
  const [ada, bob] = [new Y.Doc(), new Y.Doc()]
  const [providerOfAda, providerOfBob] = [open(ada), open(bob)]
  await eventually(() => expect(providerOfAda.isSynced && providerOfBob.isSynced).toBe(true))
  expect(openedBy).toHaveBeenCalledWith({ userId: 'ada' })

  ada.getText('note').insert(0, 'hello')
  await eventually(() => expect(bob.getText('note').toString()).toBe('hello'))

  stack.dropConnections()
  await eventually(() => expect(token).toHaveBeenCalledTimes(4))
  ada.getText('note').insert(5, ' again')
  await eventually(() => expect(bob.getText('note').toString()).toBe('hello again'))
})

it('Hocuspocus: stops where the class says so', async () => {
  const stack = await startStack({}, () => {})
  onTestFinished(() => stack.close())
  const token = vi.fn(() => `no token of ours, nor is the ${token.mock.calls.length}th`)
  const actions: unknown[] = []
  const websocketProvider: HocuspocusProviderWebsocket = new HocuspocusProviderWebsocket({
    url: stack.url,
    WebSocketPolyfill: createWebSocketClass({ token }),
    delay: 20,
    minDelay: 20,
    onClose: ({ event }) => {
      const action = 'action' in event && event.action
      actions.push(action)
      if (action === 'stop') websocketProvider.disconnect()
    },
  })
  const provider = new HocuspocusProvider({ websocketProvider, name: 'room', document: new Y.Doc() })
  provider.attach()
  onTestFinished(() => {
    provider.destroy()
    websocketProvider.destroy()
  })
  await eventually(() => expect(actions).toEqual(['refresh', 'stop']))
  expect(token).toHaveBeenCalledTimes(2)
})
