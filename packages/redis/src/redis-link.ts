import { assertTimes } from './option-checks.ts'
import { assertCommands, evalSha, evalText, type RedisCommands, surviveErrors } from './redis-client.ts'
import { probe, type Script } from './scripts.ts'

/** Whether Redis answers, and since when that is so. */
export interface RedisHealth {
  readonly up: boolean
  /** Milliseconds since the epoch. */
  readonly sinceMs: number
  /** Why it is down, in the server's or the library's own short word; no key and no value. */
  readonly reason?: string
}

/** Nobody answered, or not in time. `reason` says which in a word. */
export class RedisUnavailable extends Error {
  readonly reason: string

  constructor(reason: string) {
    super(`Redis did not answer: ${reason}`)
    this.name = 'RedisUnavailable'
    this.reason = reason
  }
}

/** What all stores over one connection take. */
export interface RedisLinkOptions {
  /** After that long a command is given up. The first store of a connection decides for all of them. Default 2,000. */
  readonly commandTimeoutMs?: number
}

const probeEveryMs = 500
/** A library that has no connection keeps a probe until it has one, and need not keep more of them. */
const probeLifeMs = 30_000

interface OwnLinkOptions extends RedisLinkOptions {
  /** Of the first store: its user of Redis may touch nothing else. */
  readonly prefix?: string | undefined
}

/** Links by connection: what one store finds out, all that use the connection know. */
const links: WeakMap<RedisCommands, { readonly link: RedisLink; users: number }> = new WeakMap()

/** The link of a connection, made for the first store that asks; each calls `release` when it is done. */
export function linkTo(
  client: RedisCommands,
  options: OwnLinkOptions,
): { readonly link: RedisLink; readonly release: () => void } {
  assertCommands(client)
  const shared = links.get(client) ?? { link: new RedisLink(client, options), users: 0 }
  links.set(client, shared)
  shared.users++
  let isReleased = false
  return {
    link: shared.link,
    release: () => {
      if (isReleased) return
      isReleased = true
      shared.users--
      if (shared.users > 0) return
      links.delete(client)
      shared.link.close()
    },
  }
}

/**
 * Answers that mean that nothing would get another one: the server loads its data, has no primary, was made a replica while the
 * connection stayed (what it holds may be old), is busy with somebody's script, or wants another password.
 */
const serverIsAway = /^(LOADING|MASTERDOWN|CLUSTERDOWN|READONLY|BUSY|NOAUTH|WRONGPASS)\b/

/**
 * Runs scripts on somebody's connection, so that nothing waits long for a server that does not answer (SECURITY 25).
 *
 * A command is given up after 2 s. From then on, until anything is answered, commands fail at once instead of queueing up
 * in the library, and a probe of our own asks twice a second; so recovery needs neither traffic nor anybody's help.
 */
export class RedisLink {
  readonly #client: RedisCommands
  readonly #prefix: string
  readonly #timeoutMs: number
  readonly #listeners = new Set<(health: RedisHealth) => void>()
  readonly #sent = new Set<string>()
  #health: RedisHealth = { up: true, sinceMs: Date.now() }
  #lastAnswerMs = Number.NEGATIVE_INFINITY
  #probe: NodeJS.Timeout | undefined
  /** When the probe was sent that has neither come back nor failed. */
  #probedMs: number | undefined
  #closed = false

  constructor(client: RedisCommands, { commandTimeoutMs = 2_000, prefix = 'wsauth:' }: OwnLinkOptions = {}) {
    assertTimes({ commandTimeoutMs })
    this.#client = client
    this.#prefix = prefix
    this.#timeoutMs = commandTimeoutMs
    surviveErrors(client)
  }

  get health(): RedisHealth {
    return this.#health
  }

  /** Calls back when Redis went away or came back; gives the way to call it off. */
  onHealth(listener: (health: RedisHealth) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Throws `RedisUnavailable` where nobody answers, and the server's error where it answers with one. */
  run(script: Script, keys: string[], args: string[] = []): Promise<unknown> {
    return this.#guarded(() => this.#evaluate(script, keys, args))
  }

  /** The same for anything else that asks the server. */
  ask<T>(question: () => Promise<T>): Promise<T> {
    return this.#guarded(question)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#probe)
    this.#listeners.clear()
  }

  async #evaluate(script: Script, keys: string[], args: string[]): Promise<unknown> {
    // The first time the whole of it, so that commands keep the order they were sent in.
    if (!this.#sent.has(script.sha1)) {
      this.#sent.add(script.sha1)
      return asText(await evalText(this.#client, script.text, keys, args))
    }
    try {
      return asText(await evalSha(this.#client, script.sha1, keys, args))
    } catch (error) {
      // A server that was restarted has forgotten its scripts; it has run nothing.
      if (!messageOf(error).startsWith('NOSCRIPT')) throw error
      return asText(await evalText(this.#client, script.text, keys, args))
    }
  }

  #guarded<T>(question: () => Promise<T>): Promise<T> {
    if (!this.#health.up) return Promise.reject(new RedisUnavailable(this.#health.reason ?? 'down'))
    return this.#timed(question)
  }

  #timed<T>(question: () => Promise<T>): Promise<T> {
    const askedMs = performance.now()
    return new Promise((resolve, reject) => {
      let isGivenUp = false
      const timer = setTimeout(() => {
        isGivenUp = true
        // Where others were answered meanwhile, the server is slow or one of many, not gone.
        if (this.#lastAnswerMs < askedMs) this.#down('timeout')
        reject(new RedisUnavailable('timeout'))
      }, this.#timeoutMs)
      // An answer counts even when it is too late for its caller.
      started(question).then(
        (answer) => {
          clearTimeout(timer)
          this.#answered()
          resolve(answer)
        },
        (error) => {
          clearTimeout(timer)
          // The library's own verdict on a command that was given up says nothing of the server as it is now.
          if (!isGivenUp) reject(this.#judged(error))
        },
      )
    })
  }

  /** Tells an answer that is an error from no answer at all. */
  #judged(error: unknown): unknown {
    const message = messageOf(error)
    if (serverIsAway.test(message)) {
      const reason = /^\w+/.exec(message)?.[0] ?? 'away'
      this.#down(reason)
      return new RedisUnavailable(reason)
    }
    // The server's errors begin with a word in capitals; those of the libraries are sentences.
    if (/^[A-Z]{2,}\b/.test(message)) {
      this.#answered()
      return error
    }
    const reason = error instanceof Error ? error.constructor.name : 'error'
    this.#down(reason)
    return new RedisUnavailable(reason)
  }

  #answered(): void {
    this.#lastAnswerMs = performance.now()
    clearTimeout(this.#probe)
    this.#probe = undefined
    if (!this.#health.up) this.#tell({ up: true, sinceMs: Date.now() })
  }

  #down(reason: string): void {
    if (this.#closed) return
    if (this.#health.up) this.#tell({ up: false, sinceMs: Date.now(), reason })
    this.#probe ??= setTimeout(() => {
      this.#probe = undefined
      this.#sendProbe().catch(() => this.#down(reason))
    }, probeEveryMs).unref()
  }

  async #sendProbe(): Promise<void> {
    const nowMs = performance.now()
    if (this.#probedMs !== undefined && nowMs - this.#probedMs < probeLifeMs) {
      throw new RedisUnavailable('timeout')
    }
    this.#probedMs = nowMs
    const isBack = async (): Promise<unknown> => {
      try {
        return await this.#evaluate(probe, [`${this.#prefix}probe`], [])
      } finally {
        this.#probedMs = undefined
      }
    }
    await this.#timed(isBack)
  }

  #tell(health: RedisHealth): void {
    this.#health = health
    for (const listener of [...this.#listeners]) listener(health)
  }
}

/** A library may throw where it should reject. */
async function started<T>(question: () => Promise<T>): Promise<T> {
  return question()
}

/** Clients may be told to answer with buffers. */
function asText(answer: unknown): unknown {
  if (Buffer.isBuffer(answer)) return answer.toString()
  return Array.isArray(answer) ? answer.map(asText) : answer
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}
