import { isSubprotocol, type Outcome, stepConnection } from '@wsauth/protocol'
import { bytesOf, parts } from '#events'
import { type Connection, openConnection } from './connection.ts'
import { requireSafe } from './methods/require-safe.ts'
import { type ConnectionOptions, resolveOptions } from './options.ts'
import type { SocketData, SocketLike } from './socket.ts'
import { socketUrl } from './socket-url.ts'

type Handler = ((event: never) => unknown) | null | undefined

/**
 * A `close` event of the class: what the standard's has, and what the end asks for. The standard's `CloseEvent` is spelled out:
 * the types of Node know of none before 23, and those of React Native call it something else.
 */
export interface AuthCloseEvent extends Event, Pick<Outcome, 'action' | 'error' | 'retryAfterMs'> {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/** A WebSocket of the standard whose `open` means authenticated. */
export interface AuthWebSocket extends WebSocket {}

/** Where libraries take a WebSocket class, they take this. */
export interface AuthWebSocketClass {
  new (url: string | URL, protocols?: string | string[], socketOptions?: object): AuthWebSocket
  readonly prototype: AuthWebSocket
  readonly CONNECTING: 0
  readonly OPEN: 1
  readonly CLOSING: 2
  readonly CLOSED: 3
}

/**
 * Makes a WebSocket class for libraries that take one and reconnect by themselves: each of its sockets is one connection,
 * authenticated before it is open. All of them share what is known of refused tokens.
 *
 * @example createClient({ url, webSocketImpl: createWebSocketClass({ token: () => getAccessToken() }) })
 */
export function createWebSocketClass(options: ConnectionOptions): AuthWebSocketClass {
  const setup = resolveOptions(options ?? {}, stepConnection)
  const demand = (isSo: unknown, name: string, message: string) => {
    if (!isSo) throw new parts.DOMException(message, name)
  }

  class Socket extends parts.EventTarget {
    readonly url: string
    protocol = ''
    extensions = ''
    readyState = 0
    readonly #connection: Connection
    /** Until it dials, what is to be set on the socket underneath. */
    #socket: Partial<SocketLike> = {}

    constructor(url: string | URL, protocols: string | readonly string[] = [], socketOptions?: object) {
      super()
      const offered = [protocols].flat().map(String)
      try {
        this.url = socketUrl(url)
      } catch (error) {
        throw new parts.DOMException(`${error}`, 'SyntaxError')
      }
      demand(
        new Set(offered).size === offered.length && offered.every(isSubprotocol),
        'SyntaxError',
        'Bad protocols',
      )
      requireSafe(this.url, options.allowInsecure)
      let failed = true
      this.#connection = openConnection(
        { ...setup, url: this.url, protocols: offered, socketOptions },
        {
          dialled: (socket) => {
            this.#socket = Object.assign(socket, this.#socket)
            socket.onerror = () => {
              failed = true
            }
          },
          opened: () => {
            const { protocol = '', extensions = '' } = this.#socket
            // The application's choice; never one of wsauth's own, nor a token.
            if (offered.includes(protocol)) this.protocol = protocol
            this.extensions = extensions
            this.readyState = 1
            failed = false
            this.dispatchEvent(new parts.Event('open'))
          },
          message: (data) => this.dispatchEvent(new parts.MessageEvent('message', { data })),
          closed: ({ code, reason, wasClean, ...more }) => {
            // Never while `close()` is on the stack.
            Promise.resolve().then(() => {
              this.readyState = 3
              if (failed) this.dispatchEvent(Object.assign(new parts.Event('error'), more))
              this.dispatchEvent(
                Object.assign(new parts.CloseEvent('close', { code, reason, wasClean }), more),
              )
            })
          },
        },
      )
    }

    get bufferedAmount(): number {
      return this.#socket.bufferedAmount ?? 0
    }

    get binaryType(): string {
      return this.#socket.binaryType ?? 'blob'
    }

    set binaryType(type: string) {
      this.#socket.binaryType = type
    }

    send(data: SocketData): void {
      demand(this.readyState, 'InvalidStateError', 'Connecting')
      this.#connection.send(data)
    }

    close(code?: number, reason?: string): void {
      demand(
        code === undefined || (code >= 1000 && code < 1001) || (code >= 3000 && code < 5000),
        'InvalidAccessError',
        'Code: 1000, 3000 to 4999',
      )
      demand(bytesOf(reason) < 124, 'SyntaxError', 'Reason over 123 bytes')
      if (this.readyState > 1) return
      this.readyState = 2
      this.#connection.feed('leave', { code, reason })
    }
  }
  for (const type of ['open', 'message', 'error', 'close']) {
    const handlers = new WeakMap<Socket, Handler>()
    const handle = function (this: Socket, event: never): void {
      handlers.get(this)?.call(this, event)
    }
    Object.defineProperty(Socket.prototype, `on${type}`, {
      get(this: Socket) {
        return handlers.get(this) ?? null
      },
      set(this: Socket, value) {
        handlers.set(this, value?.call && value)
        // From then on it has its place among the listeners; a Worker's EventTarget sees to it by itself.
        if (!parts.WebSocketPair) this.addEventListener(type, handle)
      },
      enumerable: true,
    })
  }
  for (const target of [Socket, Socket.prototype]) {
    for (const [value, name] of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].entries()) {
      Object.defineProperty(target, name, { value, enumerable: true })
    }
  }
  return Socket as unknown as AuthWebSocketClass
}
