import { isSubprotocol, type Outcome, stepConnection } from '@wsauth/protocol'
import { type Connection, openConnection } from './connection.ts'
import { domError } from './dom-error.ts'
import { EventHub, SocketEvent } from './event-hub.ts'
import { type ConnectionOptions, resolveOptions } from './options.ts'
import type { SocketData } from './socket.ts'
import { socketUrl } from './socket-url.ts'

/** A `close` event of the class: what the standard's has, and what the end asks for. */
export interface AuthCloseEvent extends CloseEvent, Pick<Outcome, 'action' | 'error' | 'retryAfterMs'> {}

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

const states = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED']
const types = ['open', 'message', 'error', 'close']

/**
 * Makes a WebSocket class for libraries that take one and reconnect by themselves: each of its sockets is one connection,
 * authenticated before it is open. All of them share what is known of refused tokens.
 *
 * @example createClient({ url, webSocketImpl: createWebSocketClass({ token: () => getAccessToken() }) })
 */
export function createWebSocketClass(options: ConnectionOptions): AuthWebSocketClass {
  const setup = resolveOptions(options, { step: stepConnection, dueAt: ({ byMs }) => byMs })

  class Socket extends EventHub {
    readonly #url: string
    readonly #protocols: readonly string[]
    readonly #connection: Connection
    #readyState = 0
    #binaryType: string | undefined

    constructor(url: string | URL, protocols: string | readonly string[] = [], socketOptions?: object) {
      super(types)
      const address = socketUrl(url, options.allowInsecure)
      const offered = [protocols].flat().map(String)
      if (!address || !offered.every(isSubprotocol) || new Set(offered).size < offered.length) {
        throw domError('SyntaxError', address ? 'Bad or repeated sub-protocol' : 'Bad URL: wss://host/path')
      }
      let failed = true
      const socket = this
      const emit = (type: string, members: object = {}) => this.dispatchEvent(new SocketEvent(type, members))
      this.#url = address
      this.#protocols = offered
      this.#connection = openConnection(
        setup,
        { url: address, protocols: offered, socketOptions },
        {
          get binaryType() {
            return socket.#binaryType
          },
          opened: () => {
            failed = false
            this.#readyState = 1
            emit('open')
          },
          message: (data) => emit('message', { data }),
          closed: (outcome) => {
            // Never while `close()` is on the stack.
            Promise.resolve().then(() => {
              this.#readyState = 3
              if (failed) emit('error', { message: outcome.reason, error: outcome.error })
              emit('close', outcome)
            })
          },
        },
      )
    }

    get url(): string {
      return this.#url
    }

    get readyState(): number {
      return this.#readyState
    }

    get bufferedAmount(): number {
      return this.#connection.socket?.bufferedAmount ?? 0
    }

    get extensions(): string {
      return this.#connection.socket?.extensions ?? ''
    }

    /** The application's choice; never one of wsauth's own, nor a token. */
    get protocol(): string {
      const chosen = this.#connection.socket?.protocol ?? ''
      return this.#protocols.includes(chosen) ? chosen : ''
    }

    get binaryType(): string {
      return this.#binaryType ?? 'blob'
    }

    set binaryType(type: string) {
      if (type !== 'blob' && type !== 'arraybuffer') return
      this.#binaryType = type
      const { socket } = this.#connection
      if (socket) socket.binaryType = type
    }

    send(data: SocketData): void {
      if (!this.#readyState) throw domError('InvalidStateError', 'Still connecting')
      this.#connection.send(data)
    }

    close(code?: number, reason = ''): void {
      if (code !== undefined && code !== 1000 && !(code > 2999 && code < 5000)) {
        throw domError('InvalidAccessError', 'Close code: 1000 or 3000 to 4999')
      }
      // Bytes of UTF-8; a lone surrogate becomes a character of three.
      if (encodeURI(reason.replace(/\p{Cs}/gu, '\ufffd')).replace(/%../g, '%').length > 123) {
        throw domError('SyntaxError', 'Close reason: 123 bytes at most')
      }
      if (this.#readyState > 1) return
      this.#readyState = 2
      this.#connection.close(code, reason)
    }
  }
  for (const [value, name] of states.entries()) {
    for (const target of [Socket, Socket.prototype])
      Object.defineProperty(target, name, { value, enumerable: true })
  }
  return Socket as unknown as AuthWebSocketClass
}
