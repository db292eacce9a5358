import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, expect, it, vi } from 'vitest'
import { AuthClient, header, ticket } from '../../src/index.ts'

// What the client makes of HTTP answers that only Node shows (DESIGN 4.4, the HTTP column), over a real socket.

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

async function answering(upgrade: (socket: Duplex, request: IncomingMessage) => void): Promise<string> {
  const server = createServer()
  server.on('upgrade', (request, socket) => upgrade(socket, request))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const refusal = (status: number, more = '') =>
  `HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: 0\r\n${more}\r\n`

it.each([
  [400, '', 'stop'],
  [401, '', 'refresh'],
  [403, '', 'stop'],
  [404, '', 'stop'],
  [408, '', 'retry'],
  [429, 'Retry-After: 2\r\n', 'retry'],
  [500, '', 'retry'],
  [503, 'Retry-After: 2\r\n', 'retry'],
] as const)('a refused upgrade of %i %j is %s', async (status, more, action) => {
  const url = await answering((socket) => socket.end(refusal(status, more)))
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  const client = new AuthClient(url, { token: () => 'token-one', method: header() })
  cleanups.push(() => client.close(), vi.restoreAllMocks)
  const end = await new Promise<unknown>((resolve) => client.on('close', resolve))
  const retryInMs = action === 'stop' ? undefined : more ? 2_500 : 500
  expect(end).toMatchObject({ code: 1006, action, retryInMs })
  expect(client.state).toBe(action === 'stop' ? 'closed' : 'waiting')
})

it('401 twice: the provider is told which token was refused, once; then stop', async () => {
  const presented: unknown[] = []
  const url = await answering((socket, request) => {
    presented.push(request.headers.authorization)
    socket.end(refusal(401))
  })
  const asked: unknown[] = []
  const client = new AuthClient(url, {
    token: ({ reason, refused }) => {
      asked.push([reason, refused])
      return `token-${asked.length}`
    },
    method: header(),
    reconnect: { minDelayMs: 1 },
  })
  await expect(client.ready()).rejects.toThrow()
  expect(asked).toEqual([
    ['connect', undefined],
    ['refused', 'token-1'],
  ])
  expect(presented).toEqual(['Bearer token-1', 'Bearer token-2'])
})

it('an upgrade that is never answered, and a server that is not there: retry', async () => {
  const hanging = await answering(() => {})
  for (const url of [hanging, 'ws://127.0.0.1:1/']) {
    const client = new AuthClient(url, { token: 'token-one', connectTimeoutMs: 50 })
    const end = await new Promise<unknown>((resolve) => client.on('close', resolve))
    expect(end).toMatchObject({ code: 1006, action: 'retry' })
    client.close()
  }
})

it('close() while the upgrade is on its way: told, and the server’s side is gone', async () => {
  let gone: Promise<unknown> | undefined
  const url = await answering((socket) => {
    socket.resume()
    gone = once(socket, 'end')
    client.close()
  })
  const client = new AuthClient(url, { token: 'token-one' })
  expect(await new Promise<unknown>((resolve) => client.on('close', resolve))).toMatchObject({
    action: 'stop',
  })
  await gone
  expect(client.state).toBe('closed')
})

it.each([
  ['token-one', 'Bearer token-one'],
  [undefined, undefined],
])(
  'ticket() is fetched with the token %j, for the path of the socket, with what the application adds',
  async (token, authorization) => {
    const seen: unknown[] = []
    const server = createServer(async (request, response) => {
      const { headers, method } = request
      seen.push(method, headers.authorization, headers['content-type'], headers['x-app'])
      seen.push(JSON.parse(Buffer.concat(await request.toArray()).toString()))
      response.end('{"ticket":"once"}')
    })
    server.on('upgrade', (request, socket) => {
      seen.push(request.url)
      socket.end(refusal(403))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(() => server.close())
    const { port } = server.address() as AddressInfo
    const method = ticket({ endpoint: `http://127.0.0.1:${port}/ticket`, headers: { 'X-App': 'mine' } })
    const client = new AuthClient(`ws://127.0.0.1:${port}/ws/room?id=1`, { token, method })
    await expect(client.ready()).rejects.toThrow()
    expect(seen).toEqual([
      'POST',
      authorization,
      'application/json',
      'mine',
      { path: '/ws/room' },
      '/ws/room?id=1&ticket=once',
    ])
  },
)

it('no timer has a negative time, of which Node warns, from the connect to the end', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  cleanups.push(vi.restoreAllMocks)
  const url = await answering((socket) => socket.end(refusal(403)))
  const client = new AuthClient(url, { token: () => 'token-one' })
  cleanups.push(() => client.close())
  await new Promise((resolve) => client.on('close', resolve))
  expect(timers.mock.calls.length).toBeGreaterThan(2)
  for (const [, ms] of timers.mock.calls) expect(ms ?? 0).toBeGreaterThanOrEqual(0)
})
