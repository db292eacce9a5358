import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { header } from './methods/header.ts'
import { query } from './methods/query.ts'
import { subprotocol } from './methods/subprotocol.ts'
import { redactRequest } from './redact.ts'

const server = createServer()
afterEach(() => {
  server.removeAllListeners('upgrade')
  server.closeAllConnections()
  server.close()
})

/** A request as Node's parser makes it, whose `headersDistinct` nobody has asked for yet. */
async function upgrade(lines: readonly string[]): Promise<IncomingMessage> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const upgraded = new Promise<IncomingMessage>((resolve) => {
    server.once('upgrade', (request, socket) => {
      resolve(request)
      socket.destroy()
    })
  })
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return upgraded
}

it('takes the credential out of everything that a request shows, on a request that Node parsed', async () => {
  const request = await upgrade([
    'GET /ws?token=s3cret&room=1 HTTP/1.1',
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Authorization: Bearer s3cret',
    'Sec-WebSocket-Protocol: chat, wsauth.v1, wsauth.bearer.s3cret',
  ])
  redactRequest(request, [header(), query(), subprotocol()])
  expect(request.url).toBe('/ws?room=1')
  expect(request.headers.authorization).toBeUndefined()
  expect(request.headersDistinct.authorization).toBeUndefined()
  expect(request.headersDistinct.host).toEqual(['localhost'])
  expect(request.headers['sec-websocket-protocol']).toBe('chat')
  expect(
    JSON.stringify([request.url, request.headers, request.headersDistinct, request.rawHeaders]),
  ).not.toContain('s3cret')
})
