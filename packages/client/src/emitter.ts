type Entry = readonly [name: unknown, listener: (event: never) => void, once: boolean]

/**
 * The little of an event emitter that a client has use for. An event goes to those who listened when it happened, in the
 * order in which they came. One that throws is reported, and keeps neither the others nor the client from going on.
 */
export class Emitter<Events extends { [Name in keyof Events]: (event: never) => void }> {
  readonly #entries: Set<Entry> = new Set()

  on<Name extends keyof Events>(name: Name, listener: Events[Name], once = false): this {
    this.#entries.add([name, listener, once])
    return this
  }

  once<Name extends keyof Events>(name: Name, listener: Events[Name]): this {
    return this.on(name, listener, true)
  }

  off<Name extends keyof Events>(name: Name, listener: Events[Name]): this {
    for (const entry of this.#entries) {
      if (entry[0] === name && entry[1] === listener) this.#entries.delete(entry)
    }
    return this
  }

  /** As Node calls it: `once(client, 'open')` of `node:events` asks for this name. */
  removeListener<Name extends keyof Events>(name: Name, listener: Events[Name]): this {
    return this.off(name, listener)
  }

  protected emit<Name extends keyof Events>(name: Name, event: Parameters<Events[Name]>[0]): void {
    for (const entry of [...this.#entries]) {
      const [its, listener, once] = entry
      // One before it may have made the same happen again, and once is once.
      if (its !== name || (once && !this.#entries.delete(entry))) continue
      try {
        listener(event as never)
      } catch (error) {
        setTimeout(() => {
          throw error
        })
      }
    }
  }
}
