import { type RedisClient, surviveErrors } from './redis-client.ts'

/** From one attempt to the next. */
export const retryMs = 1_000

/** A connection like somebody's, that a store opens for itself, and ends. */
export class OwnConnection {
  readonly client: RedisClient
  #isEnded = false
  #works = 0

  constructor(client: RedisClient) {
    this.client = client.duplicate()
    surviveErrors(this.client)
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Opens it first where it is not open, which clients of `ioredis` do by themselves. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const { client } = this
    this.#works++
    try {
      if ('evalSha' in client && !(client as { isOpen?: boolean }).isOpen) await client.connect()
      return await work()
    } finally {
      this.#works--
      if (this.#isEnded) this.#close()
    }
  }

  end(): void {
    this.#isEnded = true
    // A cluster of `redis` that is ended in the midst of it forgets what it opens next, and that keeps the process.
    if (this.#works > 0 && 'getNodeClientForKey' in this.client) {
      setTimeout(() => this.#close(), retryMs).unref()
    } else this.#close()
  }

  #close(): void {
    const { client } = this
    try {
      // Sentinel's `destroy` is a promise that rejects where the connection never came to be.
      Promise.resolve('evalSha' in client ? client.destroy() : client.disconnect()).catch(() => {})
    } catch {
      // It was closed already.
    }
  }
}
