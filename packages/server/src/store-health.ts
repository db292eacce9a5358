import { rescued } from './awaitable.ts'

/** Whether a store or limiter that lives elsewhere answers. */
export interface StoreHealth {
  readonly up: boolean
  /** Since when that is so, in milliseconds since the epoch. */
  readonly sinceMs: number
  /** Why it is away, in a word. */
  readonly reason?: string
}

/** What a store or limiter that can be away offers to those who watch it. */
export interface MayBeAway {
  readonly health: StoreHealth
  /** Calls back when it went away or came back; gives the way to call it off. */
  onHealth(listener: (health: StoreHealth) => void): () => void
}

/** Which of a server's stores is meant. */
export type StoreName = 'revocations' | 'limiter' | 'tickets' | 'connections'

/** A store went away, or came back. */
export interface StoreHealthEvent extends StoreHealth {
  readonly store: StoreName
}

/** The stores of one server that can be away, watched together. */
export class StoreWatch {
  readonly #stores: readonly (readonly [StoreName, MayBeAway])[]
  readonly #stop: readonly (readonly [StoreName, () => void])[]
  readonly #failed: (store: StoreName, error: unknown) => void

  /** `failed` hears what a store of the application's own does wrong in the end: nobody else is there to be told. */
  constructor(
    stores: Readonly<Partial<Record<StoreName, unknown>>>,
    tell: (event: StoreHealthEvent) => void,
    failed: (store: StoreName, error: unknown) => void,
  ) {
    this.#failed = failed
    const named = Object.entries(stores) as [StoreName, unknown][]
    this.#stores = named.flatMap(([name, store]) => (mayBeAway(store) ? [[name, store]] : []))
    this.#stop = this.#stores.map(([name, store]) => [
      name,
      store.onHealth((health) => tell({ store: name, ...health })),
    ])
  }

  /** `undefined` where none of them can be away. */
  health(): Readonly<Partial<Record<StoreName, StoreHealth>>> | undefined {
    if (this.#stores.length === 0) return undefined
    return Object.fromEntries(this.#stores.map(([name, { health }]) => [name, health]))
  }

  dispose(): void {
    for (const [name, stop] of this.#stop) {
      void rescued(
        () => stop(),
        (error) => this.#failed(name, error),
      )
    }
  }
}

function mayBeAway(store: unknown): store is MayBeAway {
  return typeof store === 'object' && store !== null && 'onHealth' in store && 'health' in store
}
