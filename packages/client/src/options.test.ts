import { expect, it } from 'vitest'
import { WebSocket as NodeWebSocket } from 'ws'
import {
  type AuthClientOptions,
  type AuthCloseEvent,
  createWebSocketClass,
  type SocketClass,
} from './index.ts'

it('takes the classes that people have, and is one itself', () => {
  const classes: SocketClass[] = [WebSocket, NodeWebSocket, createWebSocketClass({ token: 't' })]
  const taken: (typeof WebSocket)[] = [createWebSocketClass({ token: 't' }) as typeof WebSocket]
  const options: AuthClientOptions[] = [
    { token: 't' },
    {
      token: async ({ reason, refused, signal }) => `${reason}${refused}${signal.aborted}`,
      reconnect: false,
    },
    { token: () => 't', reconnect: { minDelayMs: 5 }, WebSocket: NodeWebSocket },
  ]
  const isFinal = ({ code, action }: AuthCloseEvent) => code === 1000 && action === 'stop'
  expect(isFinal).toBeTypeOf('function')
  expect(classes.length + taken.length + options.length).toBe(7)
})
