import type { OpenSocket, SocketClass, SocketLike } from '../socket.ts'

/** Sockets of the platform, for browsers and React Native; or by the `WebSocket` option. */
export const openSocket: OpenSocket = ({
  url,
  protocols,
  socketOptions,
  WebSocket = globalThis.WebSocket as SocketClass,
}) => new WebSocket(url, protocols as string[], socketOptions as never) as SocketLike
