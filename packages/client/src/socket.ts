import type { SocketClosed } from '@wsauth/protocol'
import type { Destination } from './methods/destination.ts'

/** What is needed of a WebSocket: the part that browsers, React Native, `ws` and other implementations share. */
export interface SocketLike {
  readonly readyState: number
  readonly protocol: string
  readonly extensions: string
  readonly bufferedAmount: number
  binaryType: string
  onopen: ((event: unknown) => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onerror: (() => void) | null
  onclose: ((event: SocketClosed) => void) | null
  send(data: SocketData): void
  close(code?: number | undefined, reason?: string | undefined): void
  /** Closes with 1002 where that is the `code`, if it can; absent in browsers, which take no such code. */
  fail?(code: number): void
}

/** What `send()` takes. */
export type SocketData = string | ArrayBufferLike | Blob | ArrayBufferView

/** A class that makes sockets: the `WebSocket` option. The third argument is that of `ws` and of React Native. */
export type SocketClass = new (url: string, protocols?: string[], options?: never) => object

/** Opens a socket. Where the runtime shows how an upgrade was refused, its `close` says so with an `action`. */
export type OpenSocket = (
  target: Destination & {
    readonly connectTimeoutMs: number
    readonly closeTimeoutMs: number
    readonly WebSocket?: SocketClass
  },
) => SocketLike
