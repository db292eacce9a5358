import { EventEmitter } from 'node:events'
import { WebSocket } from 'ws'

/**
 * Bun's `emit` for emitters that capture rejections, which calls their listeners in the place of the prototype's;
 * `undefined` in Node and Deno, where the prototype's does both.
 */
export const bunEmit: EventEmitter['emit'] | undefined = Object.getOwnPropertyDescriptor(
  new EventEmitter({ captureRejections: true }),
  'emit',
)?.value

/**
 * From now on, what async listeners of this emitter reject with comes to its `nodejs.rejection` instead of ending the process.
 *
 * Bun does it by an `emit` on the emitter itself, where it would stand before that of the emitter's class, which is the gate
 * (P1). So it is taken away again, and the class calls {@link bunEmit} where it would call `super.emit`.
 */
export function captureRejections(emitter: EventEmitter): void {
  EventEmitter.call(emitter, { captureRejections: true })
  if (bunEmit) Reflect.deleteProperty(emitter, 'emit')
}

/**
 * Throws where the server of this runtime's `ws` would make sockets of another class than it is told to, which no gate
 * could stand before: Bun puts a `ws` of its own in the place of the package, which does so up to Bun 1.4.3.
 */
export function requireServerSockets(): void {
  if ('setSocket' in WebSocket.prototype) return
  throw new Error(
    'AuthWebSocketServer: the ws of this runtime makes sockets that cannot be guarded. Use Node 20.19, Deno 2, Bun 1.4.4, or later',
  )
}
