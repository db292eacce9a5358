import type { Say } from '../../shared/room-messages.ts'

/**
 * What was typed and not yet said in the room. The client's outbox keeps what is sent while nobody is connected; this
 * knows besides what was handed to a connection that died before its answer came.
 */
export class Outgoing {
  readonly #waiting = new Map<string, { readonly say: Say; readonly sent: boolean }>()

  /** A new message; `sent` says whether a connection took it or the outbox did. */
  add(say: Say, sent: boolean): void {
    this.#waiting.set(say.id, { say, sent })
  }

  /** True where the message that the room said is one of ours that was waiting. */
  settle(id: string): boolean {
    return this.#waiting.delete(id)
  }

  has(id: string): boolean {
    return this.#waiting.has(id)
  }

  get size(): number {
    return this.#waiting.size
  }

  /** All of it, for a client that takes over from another. */
  all(): readonly Say[] {
    return [...this.#waiting.values()].map(({ say }) => say)
  }

  /** After a reconnection: what went out on the connection before and was never answered, and now goes again. */
  repeat(): readonly Say[] {
    return [...this.#waiting.values()].filter(({ sent }) => sent).map(({ say }) => say)
  }

  /** The outbox has been emptied onto a live connection. */
  markSent(): void {
    for (const [id, { say }] of this.#waiting) this.#waiting.set(id, { say, sent: true })
  }

  /** The outbox was dropped: what it held will not be sent. */
  dropUnsent(): readonly string[] {
    const ids = [...this.#waiting].filter(([, { sent }]) => !sent).map(([id]) => id)
    for (const id of ids) this.#waiting.delete(id)
    return ids
  }
}
