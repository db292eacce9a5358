import { createServer, type RequestListener, type Server } from 'node:http'
import {
  type ConnectionOptions,
  cookie,
  firstMessage,
  header,
  query,
  subprotocol,
  ticket,
} from '@wsauth/client'
import {
  type AuthOptions,
  AuthWebSocketServer,
  cookie as cookieMethod,
  firstMessage as firstMessageMethod,
  header as headerMethod,
  MemoryTicketStore,
  query as queryMethod,
  subprotocol as subprotocolMethod,
  ticketEndpoint,
  ticket as ticketMethod,
  toNodeHandler,
} from '@wsauth/server'
import { WebSocket } from 'ws'
import { echo, listen, stop, verifier } from './stack.ts'

/** Every way in that there is. */
export const ways = ['firstMessage', 'header', 'cookie', 'query', 'subprotocol', 'bare', 'ticket'] as const
export type Way = (typeof ways)[number]

export interface OpenHouse {
  readonly server: Server
  readonly wss: AuthWebSocketServer
  readonly port: number
  close(): Promise<void>
}

/** A server that takes every way in at `/ws`, and gives tickets at `POST /ticket`. Other requests go to `serve`. */
export async function startOpenHouse(
  options: {
    /** Options that may depend on the port; the listed page is `https://app.example` unless they say otherwise. */
    readonly auth?: (port: number) => Partial<AuthOptions>
    readonly serve?: RequestListener
  } = {},
): Promise<OpenHouse> {
  const { serve = (_request, response) => response.writeHead(404).end() } = options
  const server = createServer()
  const port = await listen(server)
  const store = new MemoryTicketStore()
  const auth = { verifier, origins: ['https://app.example'], ...options.auth?.(port) }
  const tickets = toNodeHandler(ticketEndpoint({ verifier: auth.verifier, origins: auth.origins, store }))
  server.on('request', (request, response) => {
    if (request.url === '/ticket') tickets(request, response)
    else serve(request, response)
  })
  const methods = [
    firstMessageMethod(),
    headerMethod(),
    cookieMethod({ name: 'session' }),
    queryMethod({ param: 'token' }),
    subprotocolMethod(),
    ticketMethod({ store }),
  ]
  const wss = new AuthWebSocketServer({ noServer: true, path: '/ws', auth: { methods, ...auth } })
  wss.on('connection', echo)
  // A bare token cannot stand beside a cookie, so it has a server of its own behind the same door.
  const bareMethods = [subprotocolMethod({ allowBare: true })]
  const bare = new AuthWebSocketServer({
    noServer: true,
    path: '/ws',
    auth: { ...auth, methods: bareMethods },
  })
  for (const name of ['auth_ok', 'auth_fail', 'hook_error'] as const) {
    bare.on(name, (event: unknown) => wss.emit(name, event))
  }
  server.on('upgrade', (request, socket, head) => {
    const offered = request.headers['sec-websocket-protocol']
    const to = offered === undefined || offered.includes('wsauth.') ? wss : bare
    to.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws, request))
  })
  const close = async () => {
    for (const client of bare.clients) client.terminate()
    bare.close()
    await stop(server, wss)
  }
  return { server, wss, port, close }
}

/** The client's options for one way in. `socketOptions` go to every socket, as `ws` takes them. */
export function optionsFor(
  way: Way,
  token: string,
  ticketUrl: string,
  socketOptions: { headers?: Record<string, string>; localAddress?: string } = {},
): ConnectionOptions {
  const headers = {
    Origin: 'https://app.example',
    ...socketOptions.headers,
    // A browser adds the cookie by itself.
    ...(way === 'cookie' ? { Cookie: `session=${token}` } : {}),
  }
  class Socket extends WebSocket {
    constructor(url: string, protocols?: string[], options: { headers?: Record<string, string> } = {}) {
      super(url, protocols, { ...options, ...socketOptions, headers: { ...headers, ...options.headers } })
    }
  }
  const method = {
    firstMessage: () => firstMessage(),
    header: () => header(),
    cookie: () => cookie(),
    query: () => query({ param: 'token' }),
    subprotocol: () => subprotocol(),
    bare: () => subprotocol({ bare: true }),
    ticket: () => ticket({ endpoint: ticketUrl, headers: { Origin: 'https://app.example' } }),
  }[way]()
  return { method, WebSocket: Socket, ...(way === 'cookie' ? {} : { token }) }
}
