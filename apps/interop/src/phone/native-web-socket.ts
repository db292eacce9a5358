import WebSocket from 'ws'
import type { Platform } from './bundle.ts'

/** How native code tells React Native's JavaScript of an event: `__rctDeviceEventEmitter.emit`. */
export type EmitDeviceEvent = (name: string, event: object) => void

/** The native half of React Native's WebSocket, as its JavaScript calls it (NativeWebSocketModule.js). */
export interface NativeWebSocketModule {
  connect(url: string, protocols: string[] | null, options: { headers?: object }, id: number): void
  send(message: string, id: number): void
  sendBinary(base64: string, id: number): void
  ping(id: number): void
  close(code: number, reason: string, id: number): void
  addListener(name: string): void
  removeListeners(count: number): void
}

/**
 * The phone's native WebSocket module over `ws`: the same headers go out and the same events come back.
 *
 * Follows WebSocketModule.kt (Android, OkHttp) and RCTWebSocketModule.mm (iOS, SocketRocket) of react-native. Both send
 * an `Origin` made of the URL where the application names none. Android knows a socket only once it is open: a `close`
 * before that is lost, and the socket opens later all the same.
 */
export function nativeWebSocketModule(platform: Platform, emit: EmitDeviceEvent): NativeWebSocketModule {
  const sockets = new Map<number, WebSocket>()

  function connect(url: string, protocols: string[] | null, options: { headers?: object }, id: number): void {
    const headers: Record<string, string> = { ...stringsOf(options.headers) }
    const named = Object.keys(headers).some((name) => name.toLowerCase() === 'origin')
    if (!named) headers.Origin = defaultOrigin(url)
    const socket = new WebSocket(url, protocols ?? [], { headers, perMessageDeflate: false })
    if (platform === 'ios') sockets.set(id, socket)
    socket.on('open', () => {
      sockets.set(id, socket)
      emit('websocketOpen', { id, protocol: socket.protocol })
    })
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      emit('websocketMessage', {
        id,
        type: isBinary ? 'binary' : 'text',
        data: data.toString(isBinary ? 'base64' : 'utf8'),
      })
    })
    let failed = false
    socket.on('unexpected-response', (_request, response) => {
      failed = true
      response.resume()
      const status = `${response.statusCode} ${response.statusMessage}`
      emit('websocketFailed', { id, message: `Expected HTTP 101 response but was '${status}'` })
    })
    socket.on('error', (error) => {
      if (failed) return
      failed = true
      emit('websocketFailed', { id, message: error.message })
    })
    socket.on('close', (code, reason) => {
      sockets.delete(id)
      // A connection that ends without a Close frame is a failure to OkHttp and to SocketRocket.
      if (code === 1006 && !failed) emit('websocketFailed', { id, message: 'Connection reset' })
      else if (!failed) emit('websocketClosed', { id, code, reason: reason.toString() })
    })
  }

  return {
    connect,
    send: (message, id) => sockets.get(id)?.send(message),
    sendBinary: (base64, id) => sockets.get(id)?.send(Buffer.from(base64, 'base64')),
    ping: (id) => sockets.get(id)?.ping(),
    close: (code, reason, id) => sockets.get(id)?.close(code, reason),
    addListener: () => {},
    removeListeners: () => {},
  }
}

/** Android leaves out every header whose value is no string. */
function stringsOf(headers: object | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([, value]) => typeof value === 'string'))
}

function defaultOrigin(url: string): string {
  const { protocol, host } = new URL(url)
  return `${protocol === 'wss:' ? 'https' : 'http'}://${host}`
}
