import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import {
  type AuthWebSocketServer,
  MemoryRevocations,
  MemoryTicketStore,
  type RevokeOptions,
  ticketEndpoint,
} from '@wsauth/server'
import { Hono } from 'hono'
import { renewMarginMs } from '../shared/lab.ts'
import { accessTokens } from './access-tokens.ts'
import { accountRoutes } from './account-routes.ts'
import { ChatRoom } from './chat-room.ts'
import { addressesOf, type DemoConfig } from './config.ts'
import { openDatabase, signingKey } from './database.ts'
import { ownPagesOnly, pageHeaders, smallBodies } from './http-guards.ts'
import { labRoutes } from './lab-routes.ts'
import { LiveConnections } from './live-connections.ts'
import { Sessions } from './sessions.ts'
import { openSockets } from './sockets.ts'
import { cannotListen } from './start-errors.ts'
import { Users } from './users.ts'

const page = fileURLToPath(new URL('../../dist', import.meta.url))
// A peer that does not answer the Close frame gets no more than this.
const farewellMs = 1_000

/** What stands between a start and a restart: the listener and its sockets. */
interface Listening {
  readonly server: Server
  readonly wires: ReadonlySet<Socket>
  readonly wss: AuthWebSocketServer
}

/** The running demo. Accounts and the room's history outlive a restart; the listener and its sockets do not. */
export class Demo {
  readonly #config: DemoConfig
  readonly #database: ReturnType<typeof openDatabase>
  readonly #room = new ChatRoom()
  readonly #live = new LiveConnections()
  readonly #tickets = new MemoryTicketStore()
  readonly #revocations = new MemoryRevocations()
  readonly #tokens: ReturnType<typeof accessTokens>
  readonly #app: Hono
  #port: number
  #listening: Listening | undefined
  /** The last that was opened, closed or not. */
  #wss: AuthWebSocketServer | undefined
  #restarting: Promise<void> | undefined
  #closed = false

  private constructor(config: DemoConfig) {
    this.#config = config
    this.#port = config.port
    this.#database = openDatabase(config.data)
    this.#tokens = accessTokens(signingKey(this.#database), config.accessTokenMs)
    this.#app = this.#routes()
  }

  static async start(config: DemoConfig): Promise<Demo> {
    if (!existsSync(page))
      throw new Error('The page is not built yet: run `npx pnpm@12 demo` in the repository.')
    const demo = new Demo(config)
    await demo.#listen().catch((error: unknown) => {
      throw cannotListen(error, config.host, config.port)
    })
    return demo
  }

  get url(): string {
    return addressesOf(this.#config.host, this.#port)[0]
  }

  /** The pages that may sign in and connect: an exact list, never what a request says its host is. */
  get #origins(): readonly string[] {
    const { host, publicOrigin } = this.#config
    return [...addressesOf(host, this.#port), ...(publicOrigin ? [publicOrigin] : [])]
  }

  /** Closes everything; each socket hears why. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#restarting
    await this.#stop(1001, 'The demo ends')
    this.#database.close()
  }

  /** Takes the listener away and brings it back: meanwhile connections are refused, as while a process restarts. */
  restart(downMs: number): Promise<void> {
    this.#restarting ??= this.#replace(downMs)
    return this.#restarting
  }

  /** Sends everybody away in turn, then puts a new server in place of the old one, as a deploy would. */
  #drain(overMs: number): Promise<void> {
    this.#restarting ??= Promise.resolve(this.#listening?.wss.drain({ overMs })).then(() => this.#replace(0))
    return this.#restarting
  }

  async #replace(downMs: number): Promise<void> {
    await this.#stop(1012, 'Service restart')
    await wait(this.#closed ? 0 : downMs)
    if (!this.#closed) await this.#listen()
    this.#restarting = undefined
  }

  /** While it restarts too: a closed server still writes into the store, which the next one reads. */
  async #revoke(sessionId: string, options?: RevokeOptions): Promise<void> {
    await this.#wss?.revoke({ sessionId }, options)
  }

  #routes(): Hono {
    const { publicOrigin = '' } = this.#config
    const https = publicOrigin.startsWith('https:')
    const users = new Users(this.#database)
    const sessions = new Sessions(this.#database)
    sessions.sweep(Date.now())
    const app = new Hono()
    app.use(pageHeaders(https))
    for (const path of ['/auth/*', '/lab/*'])
      app.use(
        path,
        ownPagesOnly(() => this.#origins),
        smallBodies,
      )
    app.route(
      '/auth',
      accountRoutes({
        users,
        sessions,
        tokens: this.#tokens,
        secureCookies: https,
        onSessionEnd: (sessionId) => this.#revoke(sessionId),
      }),
    )
    app.route(
      '/lab',
      labRoutes({
        tokens: this.#tokens,
        live: this.#live,
        restart: (downMs) => this.restart(downMs),
        drain: (overMs) => this.#drain(overMs),
        end: async (sessionId, how) => {
          if (how === 'revoke') sessions.revoke(sessionId, Date.now())
          await this.#revoke(sessionId, how === 'renew' ? { marginMs: renewMarginMs } : {})
        },
      }),
    )
    app.post('/ticket', smallBodies, (context) => {
      // The origins are known once the port is.
      const endpoint = ticketEndpoint({
        verifier: this.#tokens.verifier,
        store: this.#tickets,
        revocations: this.#revocations,
        origins: this.#origins,
        cookie: false,
      })
      return endpoint(context.req.raw)
    })
    app.get('*', serveStatic({ root: page }))
    return app
  }

  async #listen(): Promise<void> {
    const server = createServer(getRequestListener(this.#app.fetch))
    const wires = new Set<Socket>()
    server.on('connection', (wire) => {
      wires.add(wire)
      wire.once('close', () => wires.delete(wire))
    })
    server.listen(this.#port, this.#config.host)
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    const wss = openSockets({
      server,
      tokens: this.#tokens,
      origins: this.#origins,
      tickets: this.#tickets,
      revocations: this.#revocations,
      room: this.#room,
      live: this.#live,
    })
    this.#listening = { server, wires, wss }
    this.#wss = wss
  }

  async #stop(code: number, reason: string): Promise<void> {
    const { server, wires, wss } = this.#listening ?? {}
    this.#listening = undefined
    if (!server || !wires || !wss) return
    const gone = once(server, 'close')
    for (const socket of wss.clients) socket.close(code, reason)
    wss.close()
    server.close()
    server.closeIdleConnections()
    const impatience = setTimeout(() => {
      for (const wire of wires) wire.destroy()
    }, farewellMs)
    await gone
    clearTimeout(impatience)
  }
}
