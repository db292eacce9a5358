import { AuthError } from '@wsauth/protocol'
import { hashedId, maxOutstandingTickets, type TicketGrant, type TicketStore } from '@wsauth/server'
import { assertWord, warnAboutUnknown } from './option-checks.ts'
import type { RedisCommands } from './redis-client.ts'
import { linkTo, type RedisHealth, type RedisLink, type RedisLinkOptions } from './redis-link.ts'
import { type Fence, putTicket, releaseTicket, reserveTicket, takeTicket } from './scripts.ts'
import { seal, ticketNames, unseal } from './sealed-grant.ts'
import { unavailable } from './unavailable.ts'

/** What `new RedisTicketStore()` takes. */
export interface RedisTicketStoreOptions extends RedisLinkOptions {
  /** A connection that is open, or will be; it stays yours to close. */
  readonly client: RedisCommands
  /** In front of every key. Default `wsauth:`. */
  readonly prefix?: string
  /**
   * What keeps a ticket from being redeemed again after Redis restarted from a snapshot or a stale replica was promoted.
   * Default `run_id`. `none` is for servers that refuse `INFO` in scripts; it gives that up: there, within its 30 s, a ticket
   * that was redeemed just before the crash can be redeemed once more.
   */
  readonly fence?: Fence
  /** Milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number
}

const names: Readonly<Record<keyof RedisTicketStoreOptions, true>> = {
  client: true,
  prefix: true,
  fence: true,
  commandTimeoutMs: true,
  now: true,
}

/**
 * Tickets that any node can redeem, once (P4). Redis holds a hash of each, and the grant encrypted with a key that only the
 * ticket gives. While Redis is away tickets are neither made nor redeemed (`temporarily_unavailable`).
 *
 * @example const store = new RedisTicketStore({ client: await createClient({ url }).connect() })
 */
export class RedisTicketStore implements TicketStore {
  readonly #link: RedisLink
  readonly #release: () => void
  readonly #prefix: string
  readonly #fence: Fence
  readonly #now: () => number

  constructor(options: RedisTicketStoreOptions) {
    const { client, prefix = 'wsauth:', fence = 'run_id', now = Date.now } = options
    assertWord('fence', fence, ['run_id', 'none'])
    const { link, release } = linkTo(client, options)
    warnAboutUnknown('RedisTicketStore', options, names)
    this.#link = link
    this.#release = release
    this.#prefix = prefix
    this.#fence = fence
    this.#now = now
  }

  /** Whether Redis answers. */
  get health(): RedisHealth {
    return this.#link.health
  }

  /** Calls back when Redis went away or came back; gives the way to call it off. */
  onHealth(listener: (health: RedisHealth) => void): () => void {
    return this.#link.onHealth(listener)
  }

  async put(key: string, grant: TicketGrant, ttlSeconds: number): Promise<void> {
    const names = ticketNames(key)
    const subject = this.#subjectKey(hashedId(grant.principal.userId))
    const ttlMs = Math.ceil(ttlSeconds * 1_000)
    const nowMs = this.#now()
    const room = [names.id, `${nowMs}`, `${nowMs + ttlMs}`, `${maxOutstandingTickets}`]
    const waitMs = await this.#ask(() => this.#link.run(reserveTicket, [subject], room))
    if (Number(waitMs) > 0) throw new AuthError('slow_down', { retryAfterMs: Number(waitMs) })
    const value = `${hashedId(grant.principal.userId)} ${seal(grant, names)}`
    try {
      await this.#link.run(putTicket[this.#fence], [this.#ticketKey(names.id)], [value, `${ttlMs}`])
    } catch (error) {
      // Who was told that there is none for now should not be told next that there are too many.
      this.#leave(subject, names.id)
      throw unavailable(error)
    }
  }

  async take(key: string): Promise<TicketGrant | undefined> {
    const names = ticketNames(key)
    const value = await this.#ask(() => this.#link.run(takeTicket[this.#fence], [this.#ticketKey(names.id)]))
    if (typeof value !== 'string') return undefined
    const [subject = '', sealed = ''] = value.split(' ')
    // In a cluster the two keys live on different nodes; where this is lost, the place is free when the ticket would have ended.
    this.#leave(this.#subjectKey(subject), names.id)
    return unseal(sealed, names)
  }

  close(): void {
    this.#release()
  }

  #leave(subjectKey: string, id: string): void {
    this.#link.run(releaseTicket, [subjectKey], [id]).catch(() => {})
  }

  #ticketKey(id: string): string {
    return `${this.#prefix}ticket:${id}`
  }

  #subjectKey(subject: string): string {
    return `${this.#prefix}tickets-of:${subject}`
  }

  /** Redis's own errors may quote a key or an argument, so they go no further than their first word. */
  async #ask(question: () => Promise<unknown>): Promise<unknown> {
    try {
      return await question()
    } catch (error) {
      throw unavailable(error)
    }
  }
}
