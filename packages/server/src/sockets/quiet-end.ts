import type { Duplex } from 'node:stream'

type Listener = (this: Duplex) => void

/** `ws` has one listener for all sockets, so there is one in its place. */
const quietOnes: WeakMap<object, Listener> = new WeakMap()

/**
 * When the peer's end arrives, `ws` ends what it reads and what it writes. After a closing handshake (RFC 6455 §7.1.2) both
 * have ended, and Node makes an error of each further end, stack included, that nobody gets to see: a tenth of the CPU of
 * a short connection. So `ws` hears of an end only where it has not ended the socket itself. Where `ws` calls its listener
 * something else, nothing changes.
 */
export function quietEnd(raw: Duplex): void {
  const listener = raw.listeners('end').find(({ name }) => name === 'socketOnEnd')
  if (!listener) return
  let quiet = quietOnes.get(listener)
  if (!quiet) {
    quiet = function (this: Duplex): void {
      if (!this.writableEnded) Reflect.apply(listener, this, [])
    }
    quietOnes.set(listener, quiet)
  }
  raw.removeListener('end', listener as Listener)
  raw.on('end', quiet)
}
