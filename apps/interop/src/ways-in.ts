import { createServer, type Server } from 'node:http'
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
  nodeHandler,
  query as queryMethod,
  subprotocol as subprotocolMethod,
  ticketEndpoint,
  ticket as ticketMethod,
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

/** A server that takes every way in, and gives tickets at `POST /ticket`. */
export async function startOpenHouse(auth: Partial<AuthOptions> = {}): Promise<OpenHouse> {
  const store = new MemoryTicketStore()
  const origins = auth.origins ?? ['https://app.example']
  const check = auth.verifier ?? verifier
  const tickets = nodeHandler(ticketEndpoint({ verifier: check, store, origins }))
  const server = createServer((request, response) => {
    if (request.url === '/ticket') tickets(request, response)
    else response.writeHead(404).end()
  })
  const wss = new AuthWebSocketServer({
    server,
    path: '/ws',
    auth: {
      verifier: check,
      methods: [
        firstMessageMethod(),
        headerMethod(),
        cookieMethod({ name: 'session' }),
        queryMethod({ param: 'token' }),
        subprotocolMethod({ allowBare: true }),
        ticketMethod({ store }),
      ],
      ...auth,
      origins,
    },
  })
  wss.on('connection', echo)
  const port = await listen(server)
  return { server, wss, port, close: () => stop(server, wss) }
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
