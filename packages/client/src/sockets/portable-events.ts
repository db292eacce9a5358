import type { EventLike, EventParts, EventTargetLike, Listener, ListenerOptions } from '../event-parts.ts'

interface Entry {
  readonly type: string
  readonly listener: Listener
  readonly once: boolean | undefined
}

/** Events that no further listener is to hear. */
const stopped = new WeakSet<EventLike>()

/** As much of the standard's EventTarget as a WebSocket has use for. */
class EventTarget implements EventTargetLike {
  /** Replaced, never changed: who is called is settled when an event is dispatched, but for those taken away since. */
  #entries: readonly Entry[] = []

  addEventListener(type: string, listener: Listener | null, options?: boolean | ListenerOptions): void {
    const { once, signal }: ListenerOptions = Object(options)
    if (!listener || signal?.aborted) return
    if (this.#entries.some((entry) => entry.type === type && entry.listener === listener)) return
    this.#entries = [...this.#entries, { type, listener, once }]
    signal?.addEventListener('abort', () => this.removeEventListener(type, listener))
  }

  removeEventListener(type: string, listener: Listener | null): void {
    this.#entries = this.#entries.filter((entry) => entry.type !== type || entry.listener !== listener)
  }

  dispatchEvent(event: EventLike): boolean {
    for (const name of ['target', 'currentTarget']) {
      Object.defineProperty(event, name, { value: this, configurable: true })
    }
    for (const entry of this.#entries) {
      const { type, listener, once } = entry
      if (stopped.has(event)) break
      if (type !== event.type || !this.#entries.includes(entry)) continue
      if (once) this.removeEventListener(type, listener)
      call(this, listener, event as never)
    }
    return true
  }
}

/** One listener's mistake is reported and does not keep the others from being called. */
function call(target: EventTarget, listener: Listener, event: never): void {
  try {
    if (typeof listener === 'function') listener.call(target, event)
    else listener.handleEvent(event)
  } catch (error) {
    setTimeout(() => {
      throw error
    })
  }
}

/** An event of any kind; libraries copy one by `new event.constructor(event.type, event)`. */
class Event implements EventLike {
  declare readonly type: string

  constructor(type: string, members?: object) {
    Object.assign(this, members, { type })
  }

  stopImmediatePropagation(): void {
    stopped.add(this)
  }

  stopPropagation(): void {}

  preventDefault(): void {}
}

/** The error that the standard asks for, by its name. */
class DOMException extends Error {
  constructor(message: string, name: string) {
    super(message)
    this.name = name
  }
}

export const parts: EventParts = { EventTarget, Event, MessageEvent: Event, CloseEvent: Event, DOMException }

/**
 * An address as the standard has it: absolute and normalised. Throws for what is none.
 *
 * React Native before 0.84 ends each in a slash, which asks another resource of the server: `/ws/` for `/ws`.
 */
export function hrefOf(given: string | URL): string {
  const { href } = new URL(given, globalThis.location?.href)
  const hasPath = /[^:/]\/./.test(href)
  return hasPath && href === `${given}/` ? `${given}` : href
}

/**
 * Bytes of UTF-8, where a lone surrogate becomes a character of three, and `undefined` is as long as its name. Hermes has
 * neither TextEncoder nor Blob.
 */
export function bytesOf(text: string | undefined): number {
  return encodeURI(`${text}`.replace(/[\ud800-\udfff]/gu, '\ufffd')).replace(/%../g, '%').length
}
