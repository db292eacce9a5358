type Handler = (event: object) => unknown
type Listener = Handler | { handleEvent: Handler }

interface Entry {
  readonly type: string
  readonly listener: Listener
  readonly once: boolean
}

const Base: new (type: string) => object = globalThis.Event ?? Object

/** An event of the class: an `Event` where the platform has those. Libraries copy one by `new event.constructor(type, event)`. */
export class SocketEvent extends Base {
  declare readonly type: string

  constructor(type: string, members: object) {
    super(type)
    const all: Record<string, unknown> = { type }
    for (const name in Object.assign(all, members))
      if (!(name in this)) Object.assign(this, { [name]: all[name] })
  }
}

/** As much of the standard's EventTarget as a WebSocket has use for; React Native has none of its own. */
export class EventHub {
  /** Replaced, never changed: who is called by an event is settled when it is dispatched, but for those taken away since. */
  #entries: readonly Entry[] = []

  constructor(types: readonly string[]) {
    for (const type of types) {
      let handler: Handler | null | undefined
      Object.defineProperty(this, `on${type}`, {
        get: () => handler ?? null,
        set: (value) => {
          // Takes its place among the listeners when it is first set, and keeps it.
          if (handler === undefined) this.addEventListener(type, (event) => handler?.call(this, event))
          handler = typeof value === 'function' ? value : null
        },
      })
    }
  }

  addEventListener(
    type: string,
    listener: Listener | null,
    options?: boolean | { readonly once?: boolean },
  ): void {
    if (listener && !this.#entries.some((entry) => entry.type === type && entry.listener === listener)) {
      this.#entries = [...this.#entries, { type, listener, once: Object(options).once }]
    }
  }

  removeEventListener(type: string, listener: Listener | null): void {
    this.#entries = this.#entries.filter((entry) => entry.type !== type || entry.listener !== listener)
  }

  dispatchEvent(event: { readonly type: string }): boolean {
    for (const name of ['target', 'currentTarget']) {
      Object.defineProperty(event, name, { value: this, configurable: true })
    }
    for (const entry of this.#entries) {
      const { type, listener, once } = entry
      if (type !== event.type || !this.#entries.includes(entry)) continue
      if (once) this.removeEventListener(type, listener)
      try {
        if (typeof listener === 'function') listener.call(this, event)
        else listener.handleEvent(event)
      } catch (error) {
        // One listener's mistake is reported and does not keep the others from being called.
        setTimeout(() => {
          throw error
        })
      }
    }
    return true
  }
}
