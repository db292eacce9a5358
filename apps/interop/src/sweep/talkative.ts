// An application that logs everything it is handed, as deep as `util.inspect` goes. Its parent reads the output and looks
// for what it planted (test/planted-secrets.test.ts). Run: node --conditions=wsauth:source talkative.ts

import { randomUUID } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { inspect } from 'node:util'
import { AuthClient, createWebSocketClass, firstMessage } from '@wsauth/client'
import { AuthError, type AuthWebSocket } from '@wsauth/server'
import jwt from 'jsonwebtoken'
import { WebSocket, WebSocketServer } from 'ws'
import { signToken, verifier } from '../stack.ts'
import { type OpenHouse, optionsFor, startOpenHouse, type Way, ways } from '../ways-in.ts'

/** What the parent is told on a channel of its own: a secret that the output must not hold. */
export interface Planted {
  readonly secret: string
}

/** Tokens that the verifier takes, refuses, or fails over. */
const kinds = { good: 'HS256', bad: 'HS384', breaking: 'HS512' } as const

function plant(kind: keyof typeof kinds): string {
  const secret = signToken('ada', { algorithm: kinds[kind], jwtid: randomUUID() })
  process.send?.({ secret } satisfies Planted)
  return secret
}

const kindOf = (token: string): string | undefined => jwt.decode(token, { complete: true })?.header.alg

const events = ['auth_ok', 'auth_fail', 'auth_refresh', 'auth_expired', 'auth_revoked', 'hook_error'] as const

/** Shows a value in every way that a log, a debugger or a crash reporter would. */
function show(what: string, value: unknown, depth = 6): void {
  const options = { depth, showHidden: true, getters: true, maxStringLength: null, maxArrayLength: null }
  console.log(what, inspect(value, options))
  console.error(what, value, `${value}`)
  try {
    console.log(what, JSON.stringify(value))
  } catch {
    // Not everything goes into JSON; what does not cannot leak that way.
  }
  if (value instanceof Error) console.log(what, value.stack, inspect(value.cause, options))
}

function showRequest(request: IncomingMessage): void {
  const { url, headers, rawHeaders, headersDistinct, rawTrailers } = request
  show('request', { url, headers, rawHeaders, headersDistinct, rawTrailers })
  show('whole request', request, 4)
}

async function start(): Promise<OpenHouse> {
  const house = await startOpenHouse({
    auth: () => ({
      deadlineMs: 1_000,
      limits: { failuresPerSubject: 1_000 },
      verifier: (token, context) => {
        show('verifier context', context)
        // What careless verifiers do: the token in the message of an error.
        if (kindOf(token) === kinds.breaking) throw new Error(`cannot look up ${token}`, { cause: { token } })
        if (kindOf(token) === kinds.bad)
          throw new AuthError('invalid_token', { message: `signature of ${token} is wrong` })
        return verifier(token, context)
      },
    }),
  })
  for (const name of events) {
    house.wss.on(name, (event: unknown) => show(`server ${name}`, event))
    subscribe(`wsauth:${name}`, (event) => show(`channel wsauth:${name}`, event))
  }
  house.wss.on('connection', (socket: AuthWebSocket, request: IncomingMessage) => {
    showRequest(request)
    show('socket.auth', socket.auth)
    show('socket.protocol', socket.protocol)
    show('socket', socket, 4)
    socket.on('message', (data) => show('message', String(data)))
  })
  return house
}

/** Connects with the token, shows what comes, and ends. */
async function visit(way: Way, token: string, url: string, ticketUrl: string): Promise<void> {
  const options = optionsFor(way, token, ticketUrl)
  const client = new AuthClient(url, { ...options, reconnect: { minDelayMs: 100, maxDelayMs: 100 } })
  const ended = new Promise<void>((resolve) => {
    for (const name of [
      'state',
      'open',
      'message',
      'auth_ok',
      'auth_fail',
      'refresh',
      'dropped',
      'error',
    ] as const) {
      client.on(name, (event: unknown) => show(`client ${name}`, event))
    }
    client.on('message', () => client.close(1000, 'enough'))
    client.on('close', (event) => {
      show('client close', event)
      if (event.action === 'refresh') return
      // A verifier that is down would be tried again and again.
      client.close()
      resolve()
    })
  })
  client.send('hello')
  client.ready().then(
    (value) => show('ready', value),
    (error) => show('not ready', error),
  )
  await ended
  show('explain', client.explain())
  show('client', client)

  const AuthWebSocketClass = createWebSocketClass(options)
  const socket = new AuthWebSocketClass(url)
  for (const name of ['open', 'message', 'error'] as const) {
    socket.addEventListener(name, (event: unknown) => show(`class ${name}`, event, 2))
  }
  socket.addEventListener('open', () => socket.close())
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
  show('class close', await closed, 2)
  show('class', { socket, url: socket.url, protocol: socket.protocol, Class: AuthWebSocketClass })
}

/** A server that throws the token back at its client, in every text that a client may show. */
async function visitRogue(token: string): Promise<void> {
  const rogue = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(rogue, 'listening')
  rogue.on('connection', (socket) => {
    socket.on('message', (data) => {
      const { token } = JSON.parse(String(data))
      socket.send(JSON.stringify({ type: 'auth_fail', error: `bad ${token}`, action: 'stop', hint: token }))
      socket.close(4001, `no ${token}`.slice(0, 123))
    })
  })
  const { port } = rogue.address() as { port: number }
  const client = new AuthClient(`ws://localhost:${port}/`, { token, method: firstMessage() })
  client.on('auth_fail', (event) => show('rogue auth_fail', event))
  client.on('close', (event) => show('rogue close', event))
  await client.ready().catch((error) => show('rogue', error))
  show('rogue explain', client.explain())
  rogue.close()
}

/** A client of somebody else's making: what it brings is wrong in ways that wsauth's own client cannot be. */
async function knock(
  path: string,
  protocols: string[] = [],
  headers: Record<string, string> = {},
  messages: string[] = [],
): Promise<void> {
  const options = { headers: { Origin: 'https://app.example', ...headers } }
  const socket = new WebSocket(`ws://localhost:${house.port}${path}`, protocols, options)
  socket.on('open', () => {
    for (const message of messages) socket.send(message)
    if (messages.length === 0) socket.close()
  })
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('close', resolve))
}

const house = await start()
const url = `ws://localhost:${house.port}/ws`
const ticketUrl = `http://localhost:${house.port}/ticket`
// Tickets are made on the way; the parent learns them here, not from the output.
const { fetch } = globalThis
globalThis.fetch = async (...args) => {
  const response = await fetch(...args)
  const { ticket } = await response.clone().json()
  if (ticket) process.send?.({ secret: ticket } satisfies Planted)
  return response
}
for (const way of ways) {
  for (const kind of ['good', 'bad', 'breaking'] as const) await visit(way, plant(kind), url, ticketUrl)
}
await visitRogue(plant('good'))

const [good, bad] = [plant('good'), plant('bad')]
const auth = (token: string): string => JSON.stringify({ type: 'auth', token, v: 1 })
const bearer = { Authorization: `Bearer ${good}` }
await knock(`/ws?token=${good}`, [], bearer)
await knock(`/ws?token=${good}&token=${bad}`)
await knock(`/ws?ticket=${good}`)
await knock(`/elsewhere?token=${good}`)
await knock(`/ws?%74oken=${good}`)
await knock('/ws', ['wsauth.v1', `wsauth.bearer.${good}`])
await knock('/ws', ['chat', good, bad])
await knock('/ws', [], { Authorization: `Bearer ${good} ${bad}` })
await knock('/ws', [], { Authorization: `Basic ${Buffer.from(`ada:${good}`).toString('base64')}` })
await knock('/ws', [], { Cookie: `session=${good}; session=${bad}` })
await knock('/ws', [], { Cookie: `session=${bad}` }, [auth(good), '4'.repeat(20_000)])
await knock('/ws', [], {}, [auth(`${good}${good.repeat(60)}`)])
await knock('/ws', [], {}, [`{"type":"auth","token":"${good}","token":"${bad}"}`])
await knock('/ws', [], {}, [`{"type":"auth","token":["${good}"]}`, auth(bad)])
await knock('/ws', [], {}, [`Authorization: Bearer ${good} ${bad}`])
await knock('/ws', [], {}, [auth(good), auth(good)])
show('stats', house.wss.stats())
show('server', house.wss, 3)
await house.close()
process.disconnect?.()
