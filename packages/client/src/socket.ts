import type { Destination } from './methods/destination.ts'

/** What is needed of a WebSocket: the part that browsers, React Native, `ws` and other implementations share. */
export interface SocketLike {
  readonly readyState: number
  readonly protocol: string
  readonly extensions: string
  readonly bufferedAmount: number
  binaryType: string
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onerror: (() => void) | null
  onclose: ((event: SocketEnd) => void) | null
  send(data: SocketData): void
  close(code?: number | undefined, reason?: string | undefined): void
}

interface SocketEnd {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/** What `send()` takes. */
export type SocketData = string | ArrayBufferLike | Blob | ArrayBufferView

/** A class that makes sockets: the `WebSocket` option. The third argument is that of `ws` and of React Native. */
export type SocketClass = new (url: string, protocols?: string[], options?: never) => object

/** How a refused upgrade was answered, where the runtime shows it. */
export interface Refusal {
  readonly action: 'stop' | 'refresh' | 'retry'
  readonly reason: string
}

/** Opens a socket. `refused` is called ahead of `onclose` where the server answered with an HTTP status. */
export type OpenSocket = (
  destination: Destination,
  times: { readonly connectTimeoutMs: number; readonly closeTimeoutMs: number },
  refused: (refusal: Refusal) => void,
  SocketClass?: SocketClass,
) => SocketLike
