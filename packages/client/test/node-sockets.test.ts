import { type EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { AuthClient, createWebSocketClass, header, ticket } from '../src/index.ts'
import { serve } from './support/servers.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

/** A server that answers every upgrade, and every request, with a status. */
async function answering(status: number, headers: Record<string, string> = {}) {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.headers.authorization}`)
    response.writeHead(status, headers).end('{"ticket":"once"}')
  })
  server.on('upgrade', (request, socket) => {
    seen.push(`upgrade ${request.headers.authorization}`)
    const lines = Object.entries({ ...headers, Connection: 'close', 'Content-Length': '0' })
    socket.end(
      `HTTP/1.1 ${status} No\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return { port: (server.address() as AddressInfo).port, seen }
}

async function endOf(socket: WebSocket): Promise<Event> {
  return new Promise((resolve) => socket.addEventListener('close', resolve))
}

describe('a refused upgrade', () => {
  it.each([
    [400, {}, 'stop', 0],
    [401, {}, 'refresh', 0],
    [403, {}, 'stop', 0],
    [404, {}, 'stop', 0],
    [408, {}, 'retry', 0],
    [429, { 'Retry-After': '3' }, 'retry', 3_000],
    [429, { 'Retry-After': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 'retry', 0],
    [
      503,
      { 'Retry-After': 'Wed, 21 Oct 2015 07:28:30 GMT', Date: 'Wed, 21 Oct 2015 07:28:00 GMT' },
      'retry',
      30_000,
    ],
    [503, { 'Retry-After': '99999' }, 'retry', 3_600_000],
    [500, {}, 'retry', 0],
  ])('%i %o is %s', async (status, headers, action, retryAfterMs) => {
    const { port } = await answering(status, headers)
    const Socket = createWebSocketClass({ token: 'good', method: header() })
    expect(await endOf(new Socket(`ws://127.0.0.1:${port}`))).toMatchObject({
      code: 1006,
      wasClean: false,
      action,
      retryAfterMs,
    })
  })

  it('P7 a redirect is not followed, whatever the options say', async () => {
    const target = await answering(404)
    const { port } = await answering(302, { Location: `ws://127.0.0.1:${target.port}/` })
    const Socket = createWebSocketClass({ token: 'good', method: header() })
    const socket = new Socket(`ws://127.0.0.1:${port}`, [], { followRedirects: true })
    expect(await endOf(socket)).toMatchObject({ action: 'stop' })
    expect(target.seen).toEqual([])
  })
})

it('offers no compression, sends its headers, and takes at most 1 MiB', async () => {
  let headers: NodeJS.Dict<string | string[]> = {}
  const { url } = await serve(
    (socket, request) => {
      headers = request.headers
      socket.send('x'.repeat(1_048_577))
    },
    { perMessageDeflate: true },
  )
  const Socket = createWebSocketClass({ token: 'good', method: header(), version: 0 })
  const socket = new Socket(url, [], { headers: { 'X-App': 'mine', authorization: 'overwritten' } })
  let isError = false
  socket.addEventListener('error', () => {
    isError = true
  })
  expect(await endOf(socket)).toMatchObject({ code: 1009 })
  expect(isError).toBe(true)
  expect(headers['x-app']).toBe('mine')
  expect(headers.authorization).toContain('Bearer good')
  expect(headers['sec-websocket-extensions']).toBeUndefined()
})

describe('the ticket endpoint', () => {
  it.each([
    [401, {}, 'refresh', 0],
    [403, {}, 'stop', 0],
    [429, { 'Retry-After': '2' }, 'retry', 2_000],
    [
      503,
      { 'Retry-After': 'Wed, 21 Oct 2015 07:28:30 GMT', Date: 'Wed, 21 Oct 2015 07:28:00 GMT' },
      'retry',
      30_000,
    ],
    [503, {}, 'retry', 0],
  ])('%i %o is %s', async (status, headers, action, retryAfterMs) => {
    const { port, seen } = await answering(status, headers)
    const method = ticket({ endpoint: `http://127.0.0.1:${port}/ticket`, headers: { 'X-App': 'mine' } })
    const Socket = createWebSocketClass({ token: 'good', method })
    expect(await endOf(new Socket('ws://127.0.0.1:1'))).toMatchObject({ action, retryAfterMs })
    expect(seen).toEqual(['POST Bearer good'])
  })

  it('P7 is asked itself: a redirect is not followed', async () => {
    const target = await answering(200)
    const { port, seen } = await answering(307, { Location: `http://127.0.0.1:${target.port}/` })
    const method = ticket({ endpoint: `http://127.0.0.1:${port}/ticket`, redirect: 'follow' })
    const Socket = createWebSocketClass({ token: 'good', method })
    expect(await endOf(new Socket('ws://127.0.0.1:1'))).toMatchObject({ action: 'retry' })
    expect([seen.length, target.seen]).toEqual([1, []])
  })

  it('is asked for a new one each time, which goes into the query and shows up nowhere', async () => {
    const { port, seen } = await answering(200)
    const dialled: unknown[] = []
    const { url } = await serve((socket, request) => {
      dialled.push(request.url, request.headers['sec-websocket-protocol'])
      socket.close(1000)
    })
    const method = ticket({ endpoint: new URL(`http://127.0.0.1:${port}/ticket`), param: 'once' })
    const Socket = createWebSocketClass({ token: 'good', method })
    for (let n = 0; n < 2; n++) {
      const socket = new Socket(`${url}?room=1`)
      expect(socket.url).toBe(`${url}?room=1`)
      await endOf(socket)
    }
    expect(dialled).toEqual(['/?room=1&once=once', 'wsauth.v1', '/?room=1&once=once', 'wsauth.v1'])
    expect(seen).toHaveLength(2)
  })
})

it('its events are awaited as those of any emitter of Node', async () => {
  const client = new AuthClient('ws://127.0.0.1:1/', { token: 'a', connect: false })
  const stopped = once(client as unknown as EventEmitter, 'state')
  client.close()
  expect(await stopped).toEqual(['closed'])
})

describe('a message of the server that is longer than `maxPayload`', () => {
  async function big(bytes: number) {
    let connections = 0
    const { url } = await serve((socket) => {
      connections++
      socket.once('message', () => {
        socket.send('{"type":"auth_ok","userId":"u"}')
        socket.send('x'.repeat(bytes))
      })
    })
    return { url, connections: () => connections }
  }

  it('is the end, 1009, since the next connection would get it as well', async () => {
    const { url, connections } = await big(1_048_577)
    const client = new AuthClient(url, { token: 't', reconnect: { maxDelayMs: 1 } })
    cleanups.push(() => client.close())
    const end = await new Promise((resolve) => client.on('close', resolve))
    expect(end).toMatchObject({ code: 1009, reason: 'Message too big', action: 'stop' })
    expect([client.state, connections()]).toEqual(['closed', 1])
  })

  it('is told by the class', async () => {
    const { url } = await big(1_048_577)
    const end = await endOf(new (createWebSocketClass({ token: 't' }))(url))
    expect(end).toMatchObject({ code: 1009, action: 'stop' })
  })

  it('comes where `maxPayload` is more', async () => {
    const { url } = await big(1_048_577)
    const client = new AuthClient(url, { token: 't', socketOptions: { maxPayload: 2_000_000 } })
    cleanups.push(() => client.close())
    const message = await new Promise((resolve) => client.on('message', resolve))
    expect(message).toHaveLength(1_048_577)
  })
})

it('5.2 what breaks the protocol is told to the server as 1002', async () => {
  const channel = 'A'.repeat(16)
  const closed = new Promise((resolve) => {
    serve((socket) => {
      socket.on('close', (code, reason) => resolve([code, `${reason}`]))
      socket.on('message', () => {
        socket.send(JSON.stringify({ type: 'auth_ok', userId: 'u', v: 1, channel }))
        socket.send(JSON.stringify({ wsauth: channel, type: 'auth', token: 't' }))
      })
    }).then(({ url }) => {
      const client = new AuthClient(url, { token: 't' })
      cleanups.push(() => client.close())
    })
  })
  expect(await closed).toEqual([1002, 'Protocol error'])
})
