import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bearerSubprotocol } from '@wsauth/protocol'
import {
  AuthError,
  type AuthOptions,
  AuthWebSocket,
  AuthWebSocketServer,
  cookie,
  firstMessage,
  header,
  query,
  subprotocol,
  ticket,
} from '@wsauth/server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { admitted, dial, frame, raw, signIn, start, stopAll, upgradeRequest, verifier } from './support.ts'

afterEach(stopAll)

const bearer = (token: string) => [`Authorization: Bearer ${token}`]
const offer = 'Sec-WebSocket-Protocol: wsauth.v1'

/** The answer to an upgrade request: status line, headers by lower-case name, body. */
async function answer(port: number, headers: readonly string[] = [], target = '/') {
  const client = raw(port, upgradeRequest(target, headers))
  const [head = '', body = ''] = (await client.ended).split('\r\n\r\n')
  const [status = '', ...lines] = head.split('\r\n')
  const fields = Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ')))
  return { status, fields, body }
}

it("takes an option of ws that is undefined as one that was left out: a message's size has its limit", () => {
  const nothing = { maxPayload: undefined, perMessageDeflate: undefined, clientTracking: undefined }
  const wss = new AuthWebSocketServer({ noServer: true, backlog: undefined, ...nothing, auth: { verifier } })
  expect(wss.options).toMatchObject({ maxPayload: 1_048_576, perMessageDeflate: false, backlog: 4_096 })
  expect(wss.clients.size).toBe(0)
})

describe('refusals over HTTP', () => {
  it.each<[string, Partial<AuthOptions>, readonly string[], string, string, string | undefined]>([
    [
      'a bad token',
      {},
      bearer('bad'),
      '401 Unauthorized',
      'Authentication failed',
      'bearer realm="websocket", error="invalid_token"',
    ],
    [
      'no token',
      { methods: [header()] },
      [],
      '401 Unauthorized',
      'Authentication failed',
      'bearer realm="websocket"',
    ],
    [
      'two tokens',
      {},
      [...bearer('a'), ...bearer('b')],
      '400 Bad Request',
      'Invalid request',
      'bearer realm="websocket", error="invalid_request"',
    ],
    [
      'a foreign page',
      { origins: ['https://app.example'] },
      [...bearer('good:a'), 'Origin: https://evil.example'],
      '403 Forbidden',
      'Forbidden',
      undefined,
    ],
    [
      'a missing scope',
      {
        verifier: () => {
          throw new AuthError('insufficient_scope')
        },
      },
      bearer('a'),
      '403 Forbidden',
      'Forbidden',
      'bearer realm="websocket", error="insufficient_scope"',
    ],
    [
      'a verifier that fails',
      {
        verifier: () => {
          throw new Error('the token is bad, the database too')
        },
      },
      bearer('a'),
      '503 Service Unavailable',
      'Try again later',
      undefined,
    ],
  ])('%s', async (_, auth, headers, status, body, challenge) => {
    const { wss, port } = await start(auth)
    const refused = await answer(port, headers)
    expect(refused.status).toBe(`HTTP/1.1 ${status}`)
    expect(refused.body).toBe(body)
    expect(refused.fields).toMatchObject({
      connection: 'close',
      'cache-control': 'no-store',
      'content-length': String(body.length),
    })
    expect(refused.fields['www-authenticate']).toBe(challenge)
    await expect.poll(() => wss.stats().pending).toBe(0)
  })

  it('names the time to stay away in seconds', async () => {
    const slow = () => {
      throw new AuthError('slow_down', { retryAfterMs: 1_500 })
    }
    const { port } = await start({ verifier: slow })
    const { status, fields } = await answer(port, bearer('a'))
    expect([status, fields['retry-after']]).toEqual(['HTTP/1.1 429 Too Many Requests', '2'])
  })

  it('gives the same bytes for every cause of invalid_token', async () => {
    const { port } = await start({
      verifier: (token) => {
        if (token === 'expired') return { userId: 'a', expiresAt: Date.now() - 60_000 }
        throw new AuthError('invalid_token', { message: `because ${token}` })
      },
      methods: [header(), query(), ticket(), subprotocol()],
    })
    const ways: readonly ((token: string) => ReturnType<typeof answer>)[] = [
      (token) => answer(port, bearer(token)),
      (token) => answer(port, [], `/?token=${token}`),
      (token) => answer(port, [], `/?ticket=${token}`),
      (token) => answer(port, [`Sec-WebSocket-Protocol: ${bearerSubprotocol(token)}`]),
    ]
    const causes = ['expired', 'unknown', 'x'.repeat(9_000)]
    const answers = await Promise.all(ways.flatMap((way) => causes.map(way)))
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1)
  })

  it.each([
    ['version 8', ['Sec-WebSocket-Version: 8']],
    ['two versions', ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Version: 13']],
    ['two hosts', ['Sec-WebSocket-Version: 13', 'Host: other']],
  ])('%s is a bad request', async (_, headers) => {
    const { port } = await start()
    const request = upgradeRequest('/', headers).replace('Sec-WebSocket-Version: 13\r\n', '')
    const client = raw(port, request)
    expect(await client.ended).toMatch(/^HTTP\/1.1 400 /)
  })

  it.each(['//evil.example/', '/\\evil', 'http://evil.example/', '/%', '/?%=%', '/#'])(
    '%s does no harm',
    async (target) => {
      const { url, port } = await start({ methods: [firstMessage(), query(), header()] })
      const client = raw(port, upgradeRequest(target))
      await once(client.socket, 'data')
      client.socket.destroy()
      await signIn(url)
    },
  )

  it('takes nothing of a body for a frame', async () => {
    const { wss, port } = await start()
    const sockets = admitted(wss)
    const body = frame('Authorization: Bearer good:alice')
    const request = upgradeRequest('/', [`Content-Length: ${body.length}`])
    const client = raw(port, Buffer.concat([Buffer.from(request), body]))
    expect(await client.ended).toMatch(/^HTTP\/1\.1 400 /)
    expect(sockets).toEqual([])
  })

  it('survives a peer that resets while its token is verified', async () => {
    const waiting: (() => void)[] = []
    const slow: AuthOptions['verifier'] = () =>
      new Promise((resolve) => waiting.push(() => resolve({ userId: 'a' })))
    const { wss, port } = await start({ verifier: slow })
    const sockets = admitted(wss)
    const client = raw(port, upgradeRequest('/', bearer('a')))
    await expect.poll(() => waiting.length).toBe(1)
    client.socket.resetAndDestroy()
    await client.ended
    await expect.poll(() => wss.stats().pending).toBe(0)
    for (const go of waiting) go()
    await new Promise(setImmediate)
    expect(wss.stats()).toMatchObject({ live: 0, admitted: 0 })
    expect(sockets).toEqual([])
  })
})

describe('auth.reject', () => {
  const failed = '{"type":"auth_fail","error":"invalid_token","action":"refresh"}'

  it('auto: a client that offers wsauth.v1 is told on the open socket, with the offer selected', async () => {
    const { wss, url } = await start()
    const sockets = admitted(wss)
    const client = dial(url, ['wsauth.v1'], { headers: { Authorization: 'Bearer bad' } })
    expect(await client.closed).toEqual({ code: 4001, reason: 'Authentication failed' })
    expect(client.messages).toEqual([failed])
    expect(client.socket.protocol).toBe('wsauth.v1')
    expect(sockets).toEqual([])
  })

  it('auto: a foreign page gets the HTTP status, whatever it offers', async () => {
    const { port } = await start({ origins: ['https://app.example'] })
    const { status } = await answer(port, [offer, 'Origin: https://evil.example'])
    expect(status).toBe('HTTP/1.1 403 Forbidden')
  })

  it('4.2 auto: a foreign page gets no 101 from a server that drains either', async () => {
    const { wss, port } = await start({ origins: ['https://app.example'], limits: { closeTimeoutMs: 50 } })
    await wss.drain()
    expect((await answer(port, [offer, 'Origin: https://evil.example'])).status).toMatch(/ 403 /)
    expect(await raw(port, upgradeRequest('/', [offer, 'Origin: https://app.example'])).ended).toMatch(
      / 101 /,
    )
  })

  it('auto: two Authorization headers are two credentials, told of after the Origin and as others are', async () => {
    const { wss, port } = await start({ origins: ['https://app.example'], limits: { closeTimeoutMs: 50 } })
    const sockets = admitted(wss)
    const twice = [...bearer('good:alice'), ...bearer('good:alice')]
    const { status } = await answer(port, [offer, ...twice, 'Origin: https://evil.example'])
    expect(status).toBe('HTTP/1.1 403 Forbidden')
    expect((await answer(port, [...twice, 'Origin: https://app.example'])).status).toMatch(/ 400 /)
    const told = await raw(port, upgradeRequest('/', [offer, ...twice, 'Origin: https://app.example'])).ended
    expect(told).toMatch(/ 101 [\s\S]*{"type":"auth_fail","error":"invalid_request","action":"stop"}/)
    expect(sockets).toEqual([])
  })

  it('http: nobody is told on the open socket', async () => {
    const { port } = await start({ reject: 'http' })
    expect((await answer(port, [offer, ...bearer('bad')])).status).toBe('HTTP/1.1 401 Unauthorized')
  })

  it('close: a client without the offer sees the close alone', async () => {
    const { url } = await start({ reject: 'close' })
    const client = dial(url, [], { headers: { Authorization: 'Bearer bad' } })
    expect(await client.closed).toEqual({ code: 4001, reason: 'Authentication failed' })
    expect(client.messages).toEqual([])
  })
})

describe('sub-protocols', () => {
  const authorization = { headers: { Authorization: 'Bearer good:alice' } }

  it.each([
    [['wsauth.v1'], undefined, 'wsauth.v1', ''],
    [['wsauth.v2', 'wsauth.v1'], undefined, 'wsauth.v1', ''],
    [['wsauth.v1', 'chat'], undefined, 'chat', 'chat'],
    [['wsauth.v3', 'wsauth.v2', 'wsauth.v1', 'chat'], undefined, 'chat', 'chat'],
    [['chat', 'wsauth.v1', 'other'], undefined, 'chat', 'chat'],
    [['wsauth.v1', 'a', 'b'], (offered: Set<string>) => [...offered].at(-1) ?? false, 'b', 'b'],
    [['wsauth.v1', 'a'], () => false as const, 'wsauth.v1', ''],
    [['chat'], undefined, 'chat', 'chat'],
  ])('%j: handleProtocols sees the application’s only', async (offered, handleProtocols, selected, shown) => {
    const { wss, url } = await start({}, handleProtocols ? { handleProtocols } : {})
    const connected = once(wss, 'connection')
    const client = dial(url, offered, authorization)
    const [socket] = await connected
    expect(socket.protocol).toBe(shown)
    await once(client.socket, 'open')
    expect(client.socket.protocol).toBe(selected)
  })

  it('the bearer item is neither selected nor shown to anybody', async () => {
    const offeredToApp: string[][] = []
    const handleProtocols = (offered: Set<string>) => {
      offeredToApp.push([...offered])
      return 'chat'
    }
    const { wss, url } = await start({ methods: [subprotocol()] }, { handleProtocols })
    const connected = once(wss, 'connection')
    const client = dial(url, ['wsauth.v1', bearerSubprotocol('good:alice'), 'chat'])
    const [socket, request] = await connected
    expect(socket.auth.method).toBe('subprotocol')
    expect(request.headers['sec-websocket-protocol']).toBe('chat')
    expect(request.rawHeaders.join()).not.toContain('wsauth')
    expect(offeredToApp).toEqual([['chat']])
    await client.message(0)
    expect(client.socket.protocol).toBe('chat')
  })

  it.each(['WSAUTH.BEARER.Z29vZDphbGljZQ', 'wsauth.v1, Wsauth.Bearer.Z29vZDphbGljZQ'])(
    '%s is no credential, and said back to nobody',
    async (offered) => {
      const { port } = await start({
        methods: [firstMessage(), subprotocol()],
        limits: { closeTimeoutMs: 50 },
      })
      const client = raw(port, upgradeRequest('/', [`Sec-WebSocket-Protocol: ${offered}`]))
      const received = await client.ended
      expect(received).toMatch(/ 400 |"invalid_request"/)
      expect(received).not.toContain('Z29vZDphbGljZQ')
      const other = await start()
      const stranger = raw(other.port, upgradeRequest('/', [`Sec-WebSocket-Protocol: ${offered}`]))
      expect(await stranger.until('\r\n\r\n')).not.toContain('Z29vZDphbGljZQ')
      stranger.socket.destroy()
    },
  )

  it('a bare token is selected, because browsers insist', async () => {
    const { wss, url } = await start({
      methods: [subprotocol({ allowBare: true })],
      verifier: () => ({ userId: 'alice' }),
    })
    const listened: string[] = []
    wss.on('headers', (headers) => listened.push(...headers))
    const connected = once(wss, 'connection')
    const client = dial(url, ['abc'])
    const [socket, request] = await connected
    expect(socket.protocol).toBe('')
    expect(JSON.stringify([request.rawHeaders, listened])).not.toContain('abc')
    await once(client.socket, 'open')
    expect(client.socket.protocol).toBe('abc')
  })
})

describe('the ways to set it up', () => {
  it('server: other requests are the application’s', async () => {
    const server = createServer((_, response) => response.end('page')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const wss = new AuthWebSocketServer({ server, path: '/ws', auth: { verifier } })
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('page')
    await signIn(`ws://127.0.0.1:${port}/ws`)
    expect((await answer(port, [], '/other')).status).toBe('HTTP/1.1 400 Bad Request')
    for (const client of wss.clients) client.terminate()
    await new Promise<void>((resolve) => wss.close(() => resolve()))
    server.close()
    await once(server, 'close')
  })

  it('a request for another path is answered with its credential still in it, for whoever else looks at it', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const wss = new AuthWebSocketServer({ noServer: true, path: '/ws', auth: { verifier } })
    const seen: (string | undefined)[] = []
    server.on('upgrade', (request, socket, head) => {
      wss.handleUpgrade(request, socket, head, () => {})
      seen.push(request.headers.authorization)
    })
    const { port } = server.address() as AddressInfo
    expect((await answer(port, bearer('good:alice'), '/other')).status).toBe('HTTP/1.1 400 Bad Request')
    expect((await answer(port, bearer('bad'), '/ws')).status).toBe('HTTP/1.1 401 Unauthorized')
    expect(seen).toEqual(['Bearer good:alice', undefined])
    server.close()
  })

  it('noServer: one http server, routed to ours and to a plain one, with the head handed over', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const ours = new AuthWebSocketServer({ noServer: true, auth: { verifier } })
    const plain = new WebSocketServer({ noServer: true })
    const upgraded: [string, IncomingMessage | undefined][] = []
    server.on('upgrade', (request, socket, head) => {
      if (request.url === '/ours') {
        ours.handleUpgrade(request, socket, head, (ws, handed) => {
          upgraded.push([ws.auth.userId, handed])
          ours.emit('connection', ws, handed)
        })
      } else plain.handleUpgrade(request, socket, head, (ws) => ws.send('plain'))
    })
    const seen: AuthWebSocket[] = []
    ours.on('connection', (ws) => seen.push(ws))
    const other = dial(`ws://127.0.0.1:${port}/other`)
    expect(await other.message(0)).toBe('plain')
    const refused = dial(`ws://127.0.0.1:${port}/ours`)
    await once(refused.socket, 'open')
    refused.send('{"type":"auth","token":"bad"}')
    await refused.closed
    expect(upgraded).toEqual([])
    await signIn(`ws://127.0.0.1:${port}/ours`)
    expect(upgraded.map(([userId]) => userId)).toEqual(['alice'])
    expect(seen).toHaveLength(1)
    expect(seen[0]).toBeInstanceOf(AuthWebSocket)
    expect(seen[0]).toBeInstanceOf(WebSocket)
    for (const client of [...ours.clients, ...plain.clients]) client.terminate()
    ours.close()
    plain.close()
    server.close()
    await once(server, 'close')
  })

  it('verifyClient: of the application, both kinds, which see no credential', async () => {
    const seen: IncomingMessage[] = []
    const sync = await start({}, { verifyClient: ({ req }: { req: IncomingMessage }) => seen.push(req) > 1 })
    expect((await answer(sync.port, bearer('good:alice'))).status).toBe('HTTP/1.1 401 Unauthorized')
    const client = dial(sync.url, ['wsauth.v1'], { headers: { Authorization: 'Bearer good:alice' } })
    await client.message(0)
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined])
    const async = await start(
      {},
      {
        verifyClient: (_info, done) => {
          setImmediate(() => done(false, 418, 'no'))
        },
      },
    )
    expect(await answer(async.port)).toMatchObject({ status: "HTTP/1.1 418 I'm a Teapot", body: 'no' })
    expect(async.wss.stats().pending).toBe(0)
  })

  it('verifyClient: of the application, which is not asked about a foreign page', async () => {
    const verifyClient = vi.fn(() => true)
    const { port } = await start({ origins: ['https://app.example'] }, { verifyClient })
    const foreign = [...bearer('good:alice'), 'Origin: https://evil.example']
    expect((await answer(port, foreign)).status).toBe('HTTP/1.1 403 Forbidden')
    expect(verifyClient).not.toHaveBeenCalled()
  })

  it('verifyClient: of the application, given later in `options`, taken away again, and never what lets anybody in', async () => {
    const given = () => false
    const { wss, port } = await start({ methods: [header()] }, { verifyClient: given })
    const statusOf = async (...headers: string[]) => {
      const client = raw(port, upgradeRequest('/', headers))
      const status = (await client.until('\r\n')).split(' ')[1]
      client.socket.destroy()
      return status
    }
    const good = 'Authorization: Bearer good:alice'
    expect(wss.options.verifyClient).toBe(given)
    for (const [verifyClient, ...statuses] of [
      [given, '401', '401'],
      [() => true, '101', '401'],
      [undefined, '101', '401'],
    ] as const) {
      Object.assign(wss.options, { verifyClient })
      expect([await statusOf(good), await statusOf()]).toEqual(statuses)
    }
  })

  it('perMessageDeflate: only where it is asked for', async () => {
    const deflating = async (options: object) => {
      const { url } = await start({}, options)
      const client = dial(url, [], { perMessageDeflate: true })
      await once(client.socket, 'open')
      return client.socket.extensions
    }
    expect([await deflating({}), await deflating({ perMessageDeflate: true })]).toEqual([
      '',
      'permessage-deflate',
    ])
  })

  it('verifyClient: of the application, whose first answer counts and no other', async () => {
    const rawErrors: Error[] = []
    const { wss, url } = await start(
      {},
      {
        verifyClient: ({ req }, done) => {
          req.socket.on('error', (error) => rawErrors.push(error))
          done(true)
          done(true)
          done(false, 403)
        },
      },
    )
    const client = await signIn(url)
    client.socket.ping()
    await once(client.socket, 'pong')
    expect(wss.stats()).toMatchObject({ live: 1, pending: 0, admitted: 1 })
    expect(rawErrors).toEqual([])
  })

  it('WebSocket: a subclass of ours', async () => {
    class Mine extends AuthWebSocket {
      readonly mine = true
    }
    const { wss, url } = await start({}, { WebSocket: Mine })
    const connected = once(wss, 'connection')
    await signIn(url)
    const [socket] = await connected
    expect(socket).toBeInstanceOf(Mine)
    expect(socket.auth.userId).toBe('alice')
  })

  it('listeners of ws’s own events get what ws gives, typed', async () => {
    const { wss, port, url } = await start()
    const heard: (string | undefined)[] = []
    wss.on('headers', (headers, request) => {
      headers.push('X-Node: 7')
      heard.push(request.url)
    })
    wss.on('wsClientError', (error, socket, request) => {
      heard.push(error.message, request.method)
      socket.destroy()
    })
    wss.on('error', ({ message }) => heard.push(message))
    wss.on('close', function () {
      heard.push(typeof this.stats)
    })
    const addresses = new Set<string>()
    for (const name of ['auth_ok', 'auth_fail'] as const)
      wss.on(name, ({ address }) => addresses.add(address))
    const client = dial(url)
    const [response] = await once(client.socket, 'upgrade')
    expect(response.headers['x-node']).toBe('7')
    await raw(port, upgradeRequest('/').replace('GET', 'PUT')).ended
    wss.emit('error', new Error('planted'))
    client.socket.terminate()
    wss.close()
    await once(wss, 'close')
    expect(heard).toEqual(['/', 'Invalid HTTP method', 'PUT', 'planted', 'function'])
    expect([...addresses]).toEqual(['127.0.0.1'])
  })

  it('clientTracking: false', async () => {
    const { wss, url } = await start({}, { clientTracking: false })
    const connected = once(wss, 'connection')
    const client = await signIn(url)
    const [socket] = await connected
    expect(wss.clients).toBeUndefined()
    socket.close(1000)
    await client.closed
    await expect.poll(() => wss.stats().live).toBe(0)
    await new Promise<void>((resolve) => wss.close(() => resolve()))
  })

  it('close() ends pending handshakes and leaves the authenticated ones to the application', async () => {
    const { wss, url } = await start()
    const live = await signIn(url)
    const pending = dial(url)
    await once(pending.socket, 'open')
    const closed = once(wss, 'close')
    wss.close()
    expect((await pending.closed).code).toBe(1012)
    expect(live.socket.readyState).toBe(WebSocket.OPEN)
    live.socket.close()
    await closed
  })

  it('`close` of a server that was given comes once, after the last of its clients; none of them is lost before', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    const wss = new AuthWebSocketServer({ server, auth: { verifier } })
    await once(server, 'listening')
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
    const clients = [await signIn(url), await signIn(url), await signIn(url)]
    clients.pop()?.socket.close()
    await expect.poll(() => wss.clients.size).toBe(2)
    const left: number[] = []
    wss.on('close', () => left.push(wss.clients.size))
    const closed = once(wss, 'close')
    wss.close()
    for (const { socket } of clients) {
      expect(left).toEqual([])
      socket.close()
    }
    await closed
    await new Promise<void>((resolve) => server.close(() => resolve()))
    expect(left).toEqual([0])
  })

  it('a cookie that is stale does not stop a client that can send a first message', async () => {
    const { wss, url } = await start({
      methods: [firstMessage(), cookie({ name: 'session' })],
      origins: ['https://app.example'],
    })
    const connected = once(wss, 'connection')
    const client = dial(url, [], {
      headers: { Cookie: 'session=stale; theme=dark' },
      origin: 'https://app.example',
    })
    await once(client.socket, 'open')
    client.send('{"type":"auth","token":"good:alice"}')
    const [socket, request] = await connected
    expect(socket.auth.method).toBe('firstMessage')
    expect(request.headers.cookie).toBe('theme=dark')
  })
})

describe('mistakes are told when the server is made', () => {
  it.each<[string, unknown, RegExp]>([
    ['no options', undefined, /auth is missing/],
    ['no auth', { port: 0 }, /auth is missing/],
    ['no verifier', { port: 0, auth: {} }, /auth\.verifier is missing/],
    ['no methods', { port: 0, auth: { verifier, methods: [] } }, /at least one method/],
    [
      'a cookie without origins',
      { port: 0, auth: { verifier, methods: [cookie()] } },
      /auth\.origins is missing/,
    ],
    [
      'SECURITY 32: allowAnonymous beside a cookie',
      { port: 0, auth: { verifier, methods: [cookie()], origins: [], allowAnonymous: true } },
      /allowAnonymous cannot stand beside cookie/,
    ],
    [
      'SECURITY 32: allowBare beside a cookie',
      {
        port: 0,
        auth: { verifier, methods: [cookie(), subprotocol({ allowBare: true })], origins: [] },
      },
      /allowBare cannot stand beside cookie/,
    ],
    [
      'an unknown limit',
      { port: 0, auth: { verifier, limits: { preAuthByte: 1 } } },
      /preAuthByte is not a limit/,
    ],
    ['a limit of 0', { port: 0, auth: { verifier, limits: { pending: 0 } } }, /auth\.limits\.pending is 0/],
    [
      'a deadline that is no number',
      { port: 0, auth: { verifier, deadlineMs: Number.NaN } },
      /auth\.deadlineMs is NaN/,
    ],
    [
      'a deadline that never comes',
      { port: 0, auth: { verifier, deadlineMs: Number.POSITIVE_INFINITY } },
      /auth\.deadlineMs/,
    ],
    ['a foreign WebSocket class', { port: 0, auth: { verifier }, WebSocket }, /extends AuthWebSocket/],
    [
      'an unknown way to reject',
      { port: 0, auth: { verifier, reject: 'silently' } },
      /write 'auto', 'http' or 'close'/,
    ],
  ])('%s', (_, options, message) => {
    const make = () => Reflect.construct(AuthWebSocketServer, [options])
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })
})

it('who is admitted in the same turn was never pending', async () => {
  const { wss, url } = await start()
  const client = dial(url, ['wsauth.v1'], { headers: { Authorization: 'Bearer good:alice' } })
  await client.message(0)
  expect(wss.stats()).toMatchObject({ pending: 0, live: 1 })
})

it('sends the 101 and the auth_ok behind it in one write', async () => {
  const { wss, port } = await start()
  const corked = new Promise((resolve) => {
    wss.on('connection', (_, { socket }) => resolve([socket.writableCorked, socket.writableLength > 0]))
  })
  const client = raw(port, upgradeRequest('/', [...bearer('good:alice'), offer]))
  expect(await corked).toEqual([1, true])
  await client.until('auth_ok')
  client.socket.destroy()
})
