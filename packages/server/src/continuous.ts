import { type AuthErrorName, failures, isAuthError, parseContinuous } from '@wsauth/protocol'
import type { Connection } from './connection.ts'

/**
 * Messages that bring a token each (`auth.continuous`, PROTOCOL 7), verified one after the other and delivered in order.
 * The socket is not read meanwhile, so that no more waits here than one read brought.
 */
export class ContinuousQueue {
  readonly #connection: Connection
  #waiting: { readonly data: unknown; readonly isBinary: boolean }[] = []
  #running = false

  constructor(connection: Connection) {
    this.#connection = connection
  }

  push(data: unknown, isBinary: boolean): void {
    this.#waiting.push({ data, isBinary })
    if (!this.#running) void this.#run()
  }

  /** Never rejects: `#verified` answers with an error name, and the rest does not throw. */
  async #run(): Promise<void> {
    const { edge } = this.#connection
    this.#running = true
    edge.pause()
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const verdict = await this.#verified(next.data, next.isBinary)
      if (!this.#connection.mayReceive()) break
      if ('error' in verdict) {
        this.#connection.refuse(verdict.error, verdict.retryAfterMs)
        break
      }
      edge.deliver(Buffer.from(verdict.data), false)
    }
    this.#running = false
    // After a refusal too: the peer's Close frame has to be read, or the connection ends by a timer.
    edge.resume()
  }

  async #verified(
    data: unknown,
    isBinary: boolean,
  ): Promise<
    { readonly data: string } | { readonly error: AuthErrorName; readonly retryAfterMs?: number | undefined }
  > {
    const parsed = isBinary ? undefined : parseContinuous(String(data))
    if (!parsed?.ok) return { error: 'invalid_request' }
    try {
      const principal = await this.#connection.host.verifyMessage(this.#connection, parsed.value.token)
      const { userId, issuer } = this.#connection.principal ?? {}
      if (principal.userId !== userId || principal.issuer !== issuer) return { error: 'invalid_token' }
      return { data: parsed.value.data }
    } catch (error) {
      if (!isAuthError(error)) return { error: 'temporarily_unavailable' }
      // What a verifier calls expired or revoked is a bad token here: the connection's own has not ended.
      if (failures[error.error].httpStatus === undefined) return { error: 'invalid_token' }
      return { error: error.error, retryAfterMs: error.details.retryAfterMs }
    }
  }
}
