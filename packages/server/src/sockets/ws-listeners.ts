type Handler = (this: unknown, event: never) => unknown
type Failed = (target: unknown, event: string, error: unknown) => void

/**
 * Listeners in the manner of the DOM: `ws` calls them and drops what they answer, so what an async one rejects with would
 * end the process. Each is replaced by one that hands that on; the same one every time, so that it can be removed again.
 */
export class GuardedListeners {
  readonly #guarded: WeakMap<object, Handler> = new WeakMap()
  readonly #originals: WeakMap<object, unknown> = new WeakMap()
  readonly #failed: Failed

  constructor(failed: Failed) {
    this.#failed = failed
  }

  /** What stands in for a listener; the listener itself where it is no function or object. */
  guard(event: string, listener: unknown): unknown {
    if (!isObject(listener)) return listener
    const known = this.#guarded.get(listener)
    if (known) return known
    const failed = this.#failed
    const guarded: Handler = function (this, dispatched) {
      const answer = callListener(listener, this, dispatched)
      if (answer instanceof Promise) answer.catch((error: unknown) => failed(this, event, error))
    }
    this.#guarded.set(listener, guarded)
    this.#originals.set(guarded, listener)
    return guarded
  }

  /** What somebody gave, for what stands in for it. */
  original(listener: unknown): unknown {
    return isObject(listener) ? (this.#originals.get(listener) ?? listener) : listener
  }
}

function callListener(listener: object, target: unknown, event: never): unknown {
  if ('handleEvent' in listener && typeof listener.handleEvent === 'function')
    return listener.handleEvent(event)
  return typeof listener === 'function' ? Reflect.apply(listener, target, [event]) : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'function' || (typeof value === 'object' && value !== null)
}
