import { assertTimes } from './option-checks.ts'
import { OwnConnection } from './own-connection.ts'
import { type RedisClient, sendWait } from './redis-client.ts'
import { RedisUnavailable } from './redis-link.ts'

/**
 * What makes a revocation durable besides the primary's answer. Redis answers when it is in memory; a primary that dies for
 * good in the same second takes it along, unless a replica or a disk has it. A member that does not exist is a `TypeError`:
 * durability that is not there would be relied on.
 */
export interface Durability {
  /** Replicas that must have it (`WAIT`). Default 0. */
  readonly replicas?: number
  /** The primary's append-only file must have it on disk (`WAITAOF`, Redis 7.2 and later). Default false. */
  readonly aof?: boolean
  /** Default 1,000. */
  readonly timeoutMs?: number
}

const names: Readonly<Record<keyof Durability, true>> = { replicas: true, aof: true, timeoutMs: true }

/**
 * One that asks for nothing by mistake, such as `{ replica: 1 }` or `true`, would be relied on: a member that does not exist
 * is a `TypeError` here, where other options are warned of.
 */
export function assertDurability(durability: Durability): void {
  const { replicas = 0, aof = false, timeoutMs } = durability
  const isKnown = typeof durability === 'object' && Object.keys(durability).every((name) => name in names)
  if (!isKnown || !Number.isInteger(replicas) || replicas < 0 || typeof aof !== 'boolean') {
    throw new TypeError(
      '@wsauth/redis: `durability` is such as { replicas: 1 } or { aof: true, timeoutMs: 500 }',
    )
  }
  assertTimes({ 'durability.timeoutMs': timeoutMs })
}

/**
 * Waits for what was written to be where it should be, on a connection of its own: `WAIT` stops everything else on its connection,
 * and who connects should not wait for a replica that is away. One answer is for all that was written before the question.
 */
export class DurableWrites {
  readonly #own: OwnConnection
  readonly #key: string
  readonly #wanted: Required<Durability>
  #current: Promise<unknown> = Promise.resolve()
  #next: Promise<unknown> | undefined

  constructor(client: RedisClient, key: string, durability: Durability) {
    const { replicas = 0, aof = false, timeoutMs = 1_000 } = durability
    this.#own = new OwnConnection(client)
    this.#key = key
    this.#wanted = { replicas, aof, timeoutMs }
  }

  /** Throws where the last write of the key is not there in time. It may get there later. */
  async assert(): Promise<void> {
    const { aof, replicas, timeoutMs } = this.#wanted
    const reply = await within(timeoutMs * 2 + answerMs, this.#ask())
    const [onDisk, onReplicas] = aof && Array.isArray(reply) ? reply.map(Number) : [1, Number(reply)]
    if ((onDisk ?? 0) < 1) throw new Error('NOTDURABLE the append-only file does not have it')
    if ((onReplicas ?? 0) < replicas) throw new Error('NOREPLICAS not enough replicas have it')
  }

  close(): void {
    this.#own.end()
  }

  /** A question that has been sent speaks of earlier writes only, so the next one does. */
  #ask(): Promise<unknown> {
    this.#next ??= this.#current.then(() => {
      this.#next = undefined
      const asking = this.#own.during(() => sendWait(this.#own.client, this.#key, this.#command()))
      this.#current = asking.catch(() => {})
      return asking
    })
    return this.#next
  }

  #command(): string[] {
    const { aof, replicas, timeoutMs } = this.#wanted
    return aof ? ['WAITAOF', '1', `${replicas}`, `${timeoutMs}`] : ['WAIT', `${replicas}`, `${timeoutMs}`]
  }
}

/** What an answer may take beyond the waiting: that of the question before, and this one's. */
const answerMs = 2_000

async function within<T>(ms: number, asking: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RedisUnavailable('timeout')), ms)
  })
  try {
    return await Promise.race([asking, late])
  } finally {
    clearTimeout(timer)
  }
}
