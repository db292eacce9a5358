import type { Revocation } from '@wsauth/server'
import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RedisLimiter } from '../src/limiter.ts'
import type { RedisClient } from '../src/redis-client.ts'
import { RedisRevocations } from '../src/revocations.ts'
import { RedisTicketStore } from '../src/ticket-store.ts'
import { startCluster } from './support/cluster.ts'
import { hasRedis, type RedisServer, until } from './support/redis-server.ts'

const ports = (servers: readonly RedisServer[]): { host: string; port: number }[] =>
  servers.map(({ port }) => ({ host: '127.0.0.1', port }))

async function official(servers: readonly RedisServer[]): Promise<[RedisClient, () => void]> {
  const cluster = createCluster({ rootNodes: servers.map(({ url }) => ({ url })) })
  cluster.on('error', () => {})
  await cluster.connect()
  return [cluster, () => cluster.destroy()]
}

async function ioredis(servers: readonly RedisServer[]): Promise<[RedisClient, () => void]> {
  const cluster = new Cluster(ports(servers))
  cluster.on('error', () => {})
  return [cluster, () => cluster.disconnect()]
}

/** A script over keys that do not stand together is refused. */
describe.skipIf(!hasRedis).each([
  ['redis', official],
  ['ioredis', ioredis],
] as const)('a cluster, with %s', (_, connect) => {
  const servers: RedisServer[] = []
  let client: RedisClient
  let disconnect: () => void

  beforeAll(async () => {
    servers.push(...(await startCluster()))
    ;[client, disconnect] = await connect(servers)
  })
  afterAll(async () => {
    disconnect()
    for (const server of servers) await server[Symbol.asyncDispose]()
  })

  it('holds tickets', async () => {
    const store = new RedisTicketStore({ client })
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`)
    await Promise.all(keys.map((key) => store.put(key, { principal: { userId: key } }, 30)))
    const taken = await Promise.all([...keys, ...keys].map((key) => store.take(key)))
    expect(taken.filter((grant) => grant !== undefined)).toHaveLength(20)
  })

  it('holds revocations and tells of them', async () => {
    const one = new RedisRevocations({ client, warn: () => {}, durability: { timeoutMs: 100 } })
    const two = new RedisRevocations({ client, warn: () => {} })
    const heard: Revocation[] = []
    two.subscribe((revocation) => heard.push(revocation))
    for (const userId of ['ada', 'bob']) {
      await one.add({ userId, issuedBeforeMs: Date.now(), marginMs: 0, expiresAtMs: Date.now() + 60_000 })
    }
    await until(() => heard.length === 2, 10_000, 'both')
    expect(await two.isRevoked({ userId: 'ada', sessionId: 's', tokenId: 't' })).toBe(true)
    expect(await two.isRevoked({ userId: 'eve', sessionId: 's', tokenId: 't' })).toBe(false)
    await one.close()
    await two.close()
  })

  it('holds limits', async () => {
    const limiter = new RedisLimiter({ client, failuresPerSubject: 1 })
    const attempt = { address: '192.0.2.1', subject: () => '@ada' }
    await limiter.failed(attempt)
    expect(await limiter.waitMs(attempt)).toBeGreaterThan(0)
  })
})
