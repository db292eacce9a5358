type Listener = ((event: object) => unknown) | { handleEvent(event: object): unknown } | null

interface Entry {
  readonly type: string
  readonly listener: Listener
  readonly once?: boolean | undefined
}

/** What the events of a WebSocket are called. */
export type EventType = 'open' | 'message' | 'error' | 'close'

/** As much of the standard's EventTarget as a WebSocket has use for; React Native has none of its own. */
export class EventHub {
  onopen: Listener = null
  onmessage: Listener = null
  onerror: Listener = null
  onclose: Listener = null
  /** Replaced, never changed: who is called is settled when an event is dispatched, but for those taken away since. */
  #entries: readonly Entry[] = []

  addEventListener(type: string, listener: Listener, options?: boolean | { readonly once?: boolean }): void {
    if (listener && !this.#entries.some((entry) => entry.type === type && entry.listener === listener)) {
      this.#entries = [...this.#entries, { type, listener, once: Object(options).once }]
    }
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#entries = this.#entries.filter((entry) => entry.type !== type || entry.listener !== listener)
  }

  dispatchEvent(event: { readonly type: string }): boolean {
    const { type } = event
    const call = (listener: Listener) => {
      try {
        if (typeof listener === 'function') listener.call(this, event)
        else listener?.handleEvent(event)
      } catch (error) {
        // One listener's mistake is reported and does not keep the others from being called.
        setTimeout(() => {
          throw error
        })
      }
    }
    call(this[`on${type as EventType}`])
    for (const entry of this.#entries) {
      const { listener } = entry
      if (entry.type !== type || !this.#entries.includes(entry)) continue
      if (entry.once) this.removeEventListener(type, listener)
      call(listener)
    }
    return true
  }

  /** Dispatches an event of the platform where it has such, so that libraries can copy it; its members are set in any case. */
  protected emit(
    type: EventType,
    Class?: new (type: string, members: object) => object,
    members?: object,
  ): void {
    const all: Record<string, unknown> = { ...members, type, target: this, currentTarget: this }
    const event = Class ? new Class(type, all) : {}
    for (const name in all) Object.defineProperty(event, name, { value: all[name], enumerable: true })
    this.dispatchEvent(event as { readonly type: string })
  }
}
