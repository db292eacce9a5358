import { type RedisClient, sendWait } from './redis-client.ts'
import type { RedisLink } from './redis-link.ts'

/**
 * What makes a revocation durable besides the primary's answer. Redis answers when it is in memory; a primary that dies for
 * good in the same second takes it along, unless a replica or a disk has it.
 */
export interface Durability {
  /** Replicas that must have it (`WAIT`). Default 0. */
  readonly replicas?: number
  /** The primary's append-only file must have it on disk (`WAITAOF`, Redis 7.2 and later). Default false. */
  readonly aof?: boolean
  /** Default 1,000. Other commands on the same connection wait as long; give revocations a client of their own. */
  readonly timeoutMs?: number
}

/** Throws where the last write of `key` is not where it should be in time. It may get there later. */
export async function assertDurable(
  link: RedisLink,
  client: RedisClient,
  key: string,
  { replicas = 0, aof = false, timeoutMs = 1_000 }: Durability,
): Promise<void> {
  const command = aof
    ? ['WAITAOF', '1', `${replicas}`, `${timeoutMs}`]
    : ['WAIT', `${replicas}`, `${timeoutMs}`]
  const reply = await link.ask(() => sendWait(client, key, command))
  const [onDisk, onReplicas] = aof && Array.isArray(reply) ? reply.map(Number) : [1, Number(reply)]
  if ((onDisk ?? 0) < 1) throw new Error('NOTDURABLE the append-only file does not have it')
  if ((onReplicas ?? 0) < replicas) throw new Error('NOREPLICAS not enough replicas have it')
}
