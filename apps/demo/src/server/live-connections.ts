import type { Socket } from 'node:net'

/** A connection as the lab's buttons see it. */
export interface LiveConnection {
  readonly connection: string
  readonly userId: string
  readonly sessionId: string
  readonly name: string
  readonly method: string
  readonly sinceMs: number
  /** When its credential ends, asked anew each time: a refresh moves it. */
  readonly expiresAtMs: () => number | undefined
  /** The TCP connection underneath, to be cut without a word. */
  readonly wire: Socket
}

/** Who is connected right now. */
export class LiveConnections {
  readonly #byId = new Map<string, LiveConnection>()

  add(live: LiveConnection): void {
    this.#byId.set(live.connection, live)
  }

  remove(connection: string): void {
    this.#byId.delete(connection)
  }

  get(connection: string): LiveConnection | undefined {
    return this.#byId.get(connection)
  }

  all(): readonly LiveConnection[] {
    return [...this.#byId.values()]
  }
}
