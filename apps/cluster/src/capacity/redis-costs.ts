// What Redis pays for each thing that it is asked: its own CPU time and memory, which depend on nobody's network.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RedisFleet, RedisLimiter, RedisRevocations, RedisTicketStore } from '@wsauth/redis'
import { createClient } from 'redis'
import { freePort } from '../../../../packages/config/src/free-port.ts'
import { ManagedProcess } from '../managed-process.ts'

export interface Cost {
  readonly what: string
  /** CPU time of Redis, in microseconds. */
  readonly cpuUs: number
  /** Memory that stays, in bytes, where something does. */
  readonly bytes?: number
}

/** `count` of each, on a Redis of its own without persistence. */
export async function redisCosts(program: string, count: number): Promise<Cost[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wsauth-capacity-'))
  const port = await freePort()
  const settings = ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
  const redis = new ManagedProcess('redis', port, [program, '--port', `${port}`, ...settings])
  await redis.start()
  const client = await createClient({ url: `redis://127.0.0.1:${port}` }).connect()
  const costs: Cost[] = []
  const measure = async (
    what: string,
    keeps: boolean,
    one: (n: number) => Promise<unknown>,
  ): Promise<void> => {
    // The scripts have to be known before they are measured.
    await one(-1)
    const before = await usage(client)
    for (let n = 0; n < count; n += 100) {
      await Promise.all(Array.from({ length: Math.min(100, count - n) }, (_, m) => one(n + m)))
    }
    const after = await usage(client)
    const bytes = (after.bytes - before.bytes) / count
    costs.push({ what, cpuUs: (after.cpuUs - before.cpuUs) / count, ...(keeps ? { bytes } : {}) })
  }
  const attempt = (n: number) => ({
    address: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
    subject: () => `@user-${n}`,
  })
  const endMs = Date.now() + 3_600_000
  const tickets = new RedisTicketStore({ client })
  const revocations = new RedisRevocations({ client, warn: () => {} })
  const limiter = new RedisLimiter({ client })
  const fleet = new RedisFleet({ client })
  try {
    const grant = (n: number) => ({
      principal: { userId: `user-${n}`, sessionId: `session-${n}`, expiresAt: endMs },
    })
    await measure('a ticket is made', true, (n) => tickets.put(`ticket-${n}`, grant(n), 60))
    await measure('a ticket is redeemed', false, (n) => tickets.take(`ticket-${n}`))
    await measure('an attempt is looked at by the limiter', false, async (n) => limiter.waitMs(attempt(n)))
    await measure('a good subject is remembered', true, async (n) => limiter.succeeded(attempt(n)))
    await measure('a failure is counted', true, async (n) => limiter.failed(attempt(n)))
    await measure('a credential is looked up in the revocations', false, (n) =>
      revocations.isRevoked({ userId: `user-${n}`, sessionId: `session-${n}`, tokenId: `token-${n}` }),
    )
    await measure('a revocation is added, announced, and read by one node', true, (n) =>
      revocations.add({
        userId: `revoked-${n}`,
        issuedBeforeMs: Date.now(),
        marginMs: 0,
        expiresAtMs: endMs,
      }),
    )
    await measure('a connection is counted for its user', true, (n) => fleet.enter(`user-${n}`, `c-${n}`, 10))
  } finally {
    await fleet.close()
    await revocations.close()
    client.destroy()
    await redis.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  return costs
}

interface Asking {
  info(section: string): Promise<unknown>
}

async function usage(client: Asking): Promise<{ cpuUs: number; bytes: number }> {
  const text = `${await client.info('cpu')}${await client.info('memory')}`
  const read = (name: string): number => Number(new RegExp(`${name}:([\\d.]+)`).exec(text)?.[1])
  const seconds = read('used_cpu_user') + read('used_cpu_sys')
  return { cpuUs: seconds * 1e6, bytes: read('used_memory') }
}
