import { EventEmitter } from 'node:events'
import type { AuthRequiredReason } from '@wsauth/protocol'
import { type EventListenerOptions, WebSocket } from 'ws'
import type { SocketAuth } from '../socket-auth.ts'
import { assertDemand } from '../step-up.ts'
import type { WsEdge } from './ws-edge.ts'
import { GuardedListeners } from './ws-listeners.ts'
import { bunEmit, captureRejections, requireServerSockets } from './ws-runtime.ts'

/** What an application may ask of an authenticated socket besides what `ws` offers. */
export interface RequireAuthOptions {
  /** What the client is told. Default `step_up`. */
  readonly reason?: AuthRequiredReason
  /** How long it has to present a newer token before it is closed. Default 30,000. */
  readonly deadlineMs?: number
}

/** As CommonJS projects see `ws`: the same class, whose type there tells of what hangs on it. */
type RequiredWebSocket = typeof import('ws', { with: { 'resolution-mode': 'require' }})
type Sendable = Parameters<WebSocket['send']>[0]
type WebSocketEventMap = WebSocket.WebSocketEventMap
type DomListener<Type extends keyof WebSocketEventMap> =
  | ((event: WebSocketEventMap[Type]) => void)
  | { handleEvent(event: WebSocketEventMap[Type]): void }
type SendOptions = Parameters<WebSocket['send']>[1]

const listeners = new GuardedListeners((socket, event, error) => fail(socket, event, error))

/** Ties a socket to its connection; for the server alone. */
export let attach: (socket: AuthWebSocket, edge: WsEdge) => void
/** Closes a socket for whose sake code of the application failed; for the server alone. */
export let fail: (socket: unknown, hook: string, error: unknown) => boolean

/**
 * A `ws` WebSocket whose peer is authenticated. It differs in three ways: `message` is emitted, and `send` sends, only while
 * the credential holds and nobody has decided to close; what a listener throws, or rejects with, closes this socket with
 * 1011 and goes to the server's `hook_error`; and there are `auth` and `requireAuth`.
 *
 * `emit` is where `ws` hands messages over, so listeners of every kind (`on`, `addEventListener`, `onmessage`, streams,
 * async iterators) stand behind the gate.
 */
export class AuthWebSocket extends WebSocket {
  #edge: WsEdge | undefined

  // Inherited from `ws`, whose types tell of them in CommonJS alone: without them no `WebSocketServer` of a CommonJS project
  // would be what `AuthWebSocketServer` is.
  declare static readonly Server: RequiredWebSocket['Server']
  declare static readonly WebSocketServer: RequiredWebSocket['WebSocketServer']
  declare static readonly WebSocket: RequiredWebSocket['WebSocket']
  declare static readonly createWebSocketStream: RequiredWebSocket['createWebSocketStream']

  /** Who is at the other end. */
  get auth(): SocketAuth {
    const auth = this.#edge?.connection.auth
    if (!auth) throw new TypeError('socket.auth: nobody is authenticated on this socket')
    return auth
  }

  /**
   * Asks the client for a newer token, for a step that needs a fresh log-in. Resolves with the new `auth`; rejects with an
   * `AuthError` when the connection ends without. A client that speaks version 0 cannot be asked and is closed in time.
   */
  requireAuth({ reason = 'step_up', deadlineMs = 30_000 }: RequireAuthOptions = {}): Promise<SocketAuth> {
    if (!this.#edge) throw new TypeError('socket.requireAuth: nobody is authenticated on this socket')
    assertDemand(reason, deadlineMs)
    return this.#edge.connection.requireAuth(reason, deadlineMs)
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const edge = this.#edge
    if (!edge) return this.#emit(event, args)
    if (event === 'message') {
      if (!edge.connection.receive(args[0], args[1] === true)) return false
    } else if (event === 'ping' || event === 'pong') {
      edge.connection.heardFrame()
      // They may carry 125 bytes of whatever the peer likes.
      if (!edge.connection.mayReceive()) return false
    } else if (event === 'close') edge.gone()
    // Nobody outside has seen a socket that was not admitted.
    if (!edge.isAdmitted) return false
    // Without a listener it would end the process when a peer breaks the protocol; what happened shows in the close.
    if (event === 'error' && this.listenerCount('error') === 0) return false
    try {
      return this.#emit(event, args)
    } catch (error) {
      edge.fail(String(event), error)
      return true
    }
  }

  /** Calls the listeners. */
  #emit(event: string | symbol, args: unknown[]): boolean {
    return bunEmit ? Reflect.apply(bunEmit, this, [event, ...args]) : super.emit(event, ...args)
  }

  override send(data: Sendable, callback?: (error?: Error) => void): void
  override send(data: Sendable, options: SendOptions, callback?: (error?: Error) => void): void
  override send(data: Sendable, options: never, callback?: never): void {
    const edge = this.#edge
    if (edge?.connection.maySend()) edge.checkBacklog()
    // Past the end the socket is closing by now, so `ws` sends nothing and gives the callback its error.
    super.send(data, options, callback)
  }

  override close(code?: number, data?: string | Buffer): void {
    super.close(code, data)
    this.#edge?.connection.end()
  }

  override terminate(): void {
    super.terminate()
    this.#edge?.connection.end()
  }

  override pause(): void {
    if (this.#edge) this.#edge.applicationPauses(true)
    else super.pause()
  }

  override resume(): void {
    if (this.#edge) this.#edge.applicationPauses(false)
    else super.resume()
  }

  override addEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: DomListener<Type>,
    options?: EventListenerOptions,
  ): void {
    Reflect.apply(super.addEventListener, this, [type, listeners.guard(type, listener), options])
  }

  override removeEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: DomListener<Type>,
  ): void {
    Reflect.apply(super.removeEventListener, this, [type, listeners.guard(type, listener)])
  }

  static {
    // `onmessage` and its like are added by `addEventListener`, so what they show has to be turned back.
    for (const name of ['onopen', 'onmessage', 'onclose', 'onerror']) {
      const { get, set, ...kind } = Object.getOwnPropertyDescriptor(WebSocket.prototype, name) ?? {}
      const shown = function (this: AuthWebSocket): unknown {
        return listeners.original(get && Reflect.apply(get, this, []))
      }
      if (set) Object.defineProperty(AuthWebSocket.prototype, name, { ...kind, get: shown, set })
    }
    attach = (socket, edge) => {
      socket.#edge = edge
      captureRejections(socket)
    }
    fail = (socket, hook, error) => {
      const edge = socket instanceof AuthWebSocket ? socket.#edge : undefined
      edge?.fail(hook, error)
      return edge !== undefined
    }
    const onRejection = function (this: AuthWebSocket, error: unknown, event: string | symbol): void {
      this.#edge?.fail(String(event), error)
    }
    Object.defineProperty(AuthWebSocket.prototype, EventEmitter.captureRejectionSymbol, {
      value: onRejection,
    })
  }
}

/** Throws where a server would hand out sockets that are not ours. */
export function requireGuarded(Socket: typeof AuthWebSocket): void {
  requireServerSockets()
  if (Socket !== AuthWebSocket && !(Socket.prototype instanceof AuthWebSocket)) {
    throw new TypeError('WebSocket: give a class that extends AuthWebSocket')
  }
}
