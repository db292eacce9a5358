import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ServerOptions, WebSocketServer } from 'ws'
import { Authenticator, type Stats } from '../authenticator.ts'
import { type DrainCounts, type DrainOptions, drain } from '../drain.ts'
import { shareTexts } from '../header-texts.ts'
import { type AuthOptions, type ResolvedOptions, resolveOptions } from '../options.ts'
import { type DisconnectTarget, type RevokeOptions, type RevokeTarget, revocationOf } from '../revoke.ts'
import { type StoreName, StoreWatch } from '../store-health.ts'
import { maxTimerMs } from '../system-clock.ts'
import { observeByOpenTelemetry } from '../telemetry.ts'
import { arrivalOf } from './ws-arrival.ts'
import { claim } from './ws-claim.ts'
import type { Answer, Upgraded, WsDoor } from './ws-door.ts'
import { WsEdge } from './ws-edge.ts'
import { type Events, Hooks } from './ws-hooks.ts'
import { bunEmit, captureRejections } from './ws-runtime.ts'
import { AuthWebSocket, requireGuarded } from './ws-socket.ts'
import { askVerifyClient, type Info, VerifyClientOption } from './ws-verify-client.ts'

/** Every option of `ws`'s `WebSocketServer`, and `auth`. `WebSocket`, where given, extends `AuthWebSocket`. */
export type AuthWebSocketServerOptions = Omit<ServerOptions, 'WebSocket'> & {
  readonly auth: AuthOptions
  readonly WebSocket?: typeof AuthWebSocket
}

type Listener<Args extends unknown[]> = (this: AuthWebSocketServer, ...args: Args) => void

/**
 * A `ws` server whose clients are authenticated: `connection` fires for those only, and so does the callback of
 * `handleUpgrade`. Everything else is as in `ws`, which checks the opening handshake and reads the frames.
 *
 * What a listener of the application throws, or rejects with, closes the one connection that it ran for with 1011, and is
 * told by `hook_error`; where nobody listens to that, it is a warning of the process.
 *
 * @example new AuthWebSocketServer({ port: 8080, auth: { verifier: jwtVerifier({ … }) } })
 */
export class AuthWebSocketServer extends WebSocketServer<typeof AuthWebSocket> {
  readonly #options: ResolvedOptions
  readonly #authenticator: Authenticator
  readonly #hooks: Hooks
  readonly #stores: StoreWatch
  readonly #door: WsDoor
  readonly #verifyClient: VerifyClientOption
  readonly #attach: Upgraded
  /** The edge that `ws` is working for at this moment. */
  #current: WsEdge | undefined
  /** Which of the application's hooks runs before the 101. */
  #hook: 'handleProtocols' | 'headers' = 'handleProtocols'
  /** What `ws` does when one of its clients is gone: emits `close` after the last one of a server that closes. */
  #clientGone: (() => unknown) | undefined

  constructor(given: AuthWebSocketServerOptions, callback?: () => void) {
    const { auth, verifyClient, ...options }: AuthWebSocketServerOptions = Object(given)
    const resolved = resolveOptions(auth)
    const { WebSocket = AuthWebSocket } = options
    requireGuarded(WebSocket)
    let begin: ((info: Info, answer: Answer) => void) | undefined
    const own = {
      maxPayload: 1024 * 1024,
      perMessageDeflate: false,
      // A storm of clients that come back finds room to wait; Linux cuts it down to net.core.somaxconn.
      backlog: 4_096,
      closeTimeout: Math.min(resolved.limits.closeTimeoutMs, maxTimerMs),
      // `ws` takes an option that is `undefined` for one that is off: without it messages have no limit.
      ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
      WebSocket,
      // `ws` asks when the handshake is in order, and waits for the answer.
      verifyClient: (info: Info, answer: Answer) => begin?.(info, answer),
    }
    super(own, callback)
    captureRejections(this)
    this.#options = resolved
    this.#verifyClient = new VerifyClientOption(this.options, verifyClient, () => this.#current !== undefined)
    const hooks = new Hooks(this)
    this.#hooks = hooks
    const storeFailed = (store: StoreName, error: unknown): void => hooks.failed(store, error)
    this.#authenticator = new Authenticator(resolved, hooks, storeFailed)
    const { revocations, limiter, connections, methods } = resolved
    const tickets = methods.find((method) => method.tickets)?.tickets
    const stores = { revocations, limiter, tickets, connections }
    this.#stores = new StoreWatch(stores, (event) => hooks.tellOfStore(event), storeFailed)
    this.#door = {
      limits: resolved.limits,
      complete: (edge, answer) => this.#complete(edge, answer),
      track: (socket) => this.clients?.add(socket),
      untrack: (socket) => this.#untrack(socket),
      hookFailed: (hook, error) => hooks.failed(hook, error),
    }
    this.#attach = (socket) => {
      // Only authenticated sockets are clients; it comes back when it is admitted.
      if (this.clients?.delete(socket)) this.#takeOver(socket)
      this.#current?.attach(socket)
    }
    begin = (info, answer) => this.#begin(info, answer)
    observeByOpenTelemetry()
    this.once('close', () => {
      // Where clients are not tracked, some may live on; a revocation still has to reach them.
      void this.#authenticator.empty().then(() => {
        this.#authenticator.dispose()
        this.#stores.dispose()
      })
    })
  }

  override handleUpgrade(request: IncomingMessage, raw: Duplex, head: Buffer, upgraded: Upgraded): void {
    // A request for another path is answered by `ws`; whoever else may want to look at it finds it as it was.
    if (!this.shouldHandle(request)) {
      super.handleUpgrade(request, raw, head, upgraded)
      return
    }
    if (!claim(raw, this.#hooks)) return
    const arrival = arrivalOf(request, raw, this.#authenticator, this.#hooks)
    if (!arrival) return
    // Who brought nothing along will be pending, and keeps the request.
    if (arrival.finding.type === 'none') shareTexts(request.rawHeaders)
    const edge = new WsEdge(this.#door, raw, request, arrival, upgraded)
    this.#during(edge, () => super.handleUpgrade(request, raw, head, this.#attach))
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const edge = this.#current
    const callListeners = (): boolean => Reflect.apply(bunEmit ?? super.emit, this, [event, ...args])
    // `ws` leaves a bad request to these listeners, and asks nobody else.
    if (event === 'wsClientError' && edge) return this.#hooks.run(event, edge, args[0], callListeners)
    if (event === 'headers') this.#hook = 'headers'
    const hasListeners = callListeners()
    // After the listeners: one may have selected its own, and a bare token is for the peer alone.
    if (event === 'headers' && Array.isArray(args[0])) this.#selectSubprotocol(args[0])
    return hasListeners
  }

  override on<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): this
  override on(event: string | symbol, listener: (...args: never[]) => void): this
  override on(event: string, listener: (...args: never[]) => void): this {
    return super.on(event, listener as (...args: unknown[]) => void)
  }

  override once<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): this
  override once(event: string | symbol, listener: (...args: never[]) => void): this
  override once(event: string, listener: (...args: never[]) => void): this {
    return super.once(event, listener as (...args: unknown[]) => void)
  }

  /** Takes no more connections, refuses those that are not authenticated, and is `close`d when the others are gone. */
  override close(callback?: (error?: Error) => void): void {
    this.#authenticator.closeDoors(this.#options.clock.now())
    super.close(callback)
  }

  /** Closes the connections of a user or a log-in with 4004; gives their number. Their credentials stay good. */
  disconnect(target: DisconnectTarget): number {
    return this.#authenticator.disconnect(target)
  }

  /**
   * Ends credentials early, on every node that shares `auth.revocations`. Resolves when that is durable; live connections
   * close with 4004 within a second, or have `marginMs` to present a newer credential.
   *
   * A credential made later is good. Of one without a time of issue (`iat`; `issuedAt` of a verifier of your own) nobody
   * knows, so it is refused: such a user or session cannot come back.
   */
  async revoke(target: RevokeTarget, options: RevokeOptions = {}): Promise<void> {
    await this.#options.revocations.add(revocationOf(target, options, this.#options.clock.wallNow()))
  }

  /** Sends all clients away, evenly over `overMs`, each told when to come back. Resolves with counts when they are gone. */
  drain(options?: DrainOptions): Promise<DrainCounts> {
    return drain(this.#authenticator, options)
  }

  /** What this server has done and is doing. */
  stats(): Stats {
    const stores = this.#stores.health()
    return { ...this.#authenticator.stats(), ...(stores && { stores }) }
  }

  #begin(info: Info, answer: Answer): void {
    const edge = this.#current
    const arrival = edge?.arrival
    if (!edge || !arrival) {
      answer(false, 500)
      return
    }
    const start = (): void => {
      this.#authenticator.authenticateUpgrade(arrival, edge, (connection) => edge.begin(connection, answer))
      edge.watch()
    }
    const { verifyClient } = this.#verifyClient
    if (!verifyClient || arrival.finding.type === 'refused') {
      start()
      return
    }
    const decide: Answer = (accept, ...refusal) => {
      if (accept) start()
      else answer(false, ...refusal)
    }
    const failed = (error: unknown) => this.#hooks.failed('verifyClient', error)
    const { clock, policy } = this.#options
    const { deadlineMs } = policy
    askVerifyClient({ verifyClient, server: this, clock, deadlineMs, failed }, info, decide)
  }

  /** `ws` has given it a listener that takes it out of `clients`: each would keep its own, and one does for all. */
  #takeOver(socket: AuthWebSocket): void {
    const listener = socket.listeners('close').at(-1)
    if (!listener) return
    socket.removeListener('close', listener as () => void)
    this.#clientGone = listener as () => unknown
  }

  #untrack(socket: AuthWebSocket): void {
    // The listener takes out its own socket as well, so it may not run while any is left.
    if (this.clients?.delete(socket) && this.clients.size === 0) this.#clientGone?.()
  }

  #during(edge: WsEdge, work: () => void): void {
    const outer = this.#current
    this.#current = edge
    try {
      work()
    } finally {
      this.#current = outer
    }
  }

  /** Lets `ws` answer with 101. What `handleProtocols` or a `headers` listener throws comes before anything is written. */
  #complete(edge: WsEdge, answer: Answer): void {
    this.#hook = 'handleProtocols'
    try {
      this.#during(edge, () => answer(true))
    } catch (error) {
      this.#hooks.failed(this.#hook, error)
      answer(false, 500)
    }
  }

  /** Ours, where the application selected none of its own: `ws` never saw ours, so `socket.protocol` stays ''. */
  #selectSubprotocol(headers: string[]): void {
    const edge = this.#current
    if (edge && this.listenerCount('headers') > 0) this.#hooks.concerns(headers, edge)
    const subprotocol = edge?.arrival?.subprotocol
    if (subprotocol === undefined || headers.some((line) => /^sec-websocket-protocol:/i.test(line))) return
    headers.push(`Sec-WebSocket-Protocol: ${subprotocol}`)
  }

  static {
    const onRejection = function (
      this: AuthWebSocketServer,
      error: unknown,
      event: string | symbol,
      about: unknown,
    ): void {
      this.#hooks.rejected(String(event), error, about)
    }
    Object.defineProperty(AuthWebSocketServer.prototype, EventEmitter.captureRejectionSymbol, {
      value: onRejection,
    })
  }
}
