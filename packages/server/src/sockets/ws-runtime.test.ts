import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { AuthWebSocketServer } from './ws.ts'

const auth = { verifier: () => ({ userId: 'ada' }) }

it('does not begin over a ws whose server makes sockets of its own, as that of Bun 1.4.3', () => {
  const prototype: { setSocket?: unknown } = WebSocket.prototype as object
  const { setSocket } = prototype
  onTestFinished(() => {
    prototype.setSocket = setSocket
  })
  delete prototype.setSocket
  expect(() => new AuthWebSocketServer({ noServer: true, auth })).toThrow('cannot be guarded')
})
