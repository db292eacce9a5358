import type { Revocation } from '@wsauth/server'
import { Redis } from 'ioredis'
import { createSentinel } from 'redis'
import { describe, expect, it } from 'vitest'
import { type RedisClient, sendWait } from '../src/redis-client.ts'
import { RedisRevocations } from '../src/revocations.ts'
import { RedisTicketStore } from '../src/ticket-store.ts'
import { hasRedis, RedisServer, until } from './support/redis-server.ts'

const name = 'main'

async function official({ port }: RedisServer): Promise<[RedisClient, () => unknown]> {
  const sentinel = createSentinel({
    name,
    sentinelRootNodes: [{ host: '127.0.0.1', port }],
    scanInterval: 200,
  })
  sentinel.on('error', () => {})
  await sentinel.connect()
  return [sentinel, () => sentinel.destroy()]
}

async function ioredis({ port }: RedisServer): Promise<[RedisClient, () => unknown]> {
  const client = new Redis({ name, sentinels: [{ host: '127.0.0.1', port }] })
  client.on('error', () => {})
  return [client, () => client.disconnect()]
}

describe.skipIf(!hasRedis).each([
  ['redis', official],
  ['ioredis', ioredis],
] as const)('Sentinel, with %s', (_, connect) => {
  it('the primary dies: tickets from before are refused, revocations are not lost, nobody has to help', async () => {
    await using primary = await RedisServer.start()
    await using replica = await RedisServer.start()
    await replica.replicate(primary)
    await using sentinel = await RedisServer.sentinelOf(primary, name)
    await until(() => knowsReplica(sentinel), 20_000, 'Sentinel to know the replica')
    const [client, disconnect] = await connect(sentinel)
    const tickets = new RedisTicketStore({ client })
    const revocations = new RedisRevocations({ client, warn: () => {}, durability: { replicas: 1 } })
    const heard: Revocation[] = []
    revocations.subscribe((revocation) => heard.push(revocation))
    await tickets.put('key-1', { principal: { userId: 'ada' } }, 60)
    await revocations.add(revocationOf('ada'))
    await primary.kill()
    await until(async () => (await replica.command('ROLE')).includes('master'), 20_000, 'the promotion')
    await until(() => revocations.add(revocationOf('eve')).then(yes, withoutReplica), 20_000, 'the return')
    await until(() => tickets.take('key-1').then((grant) => grant === undefined, no), 20_000, 'a refusal')
    expect(await revocations.isRevoked({ userId: 'ada' })).toBe(true)
    expect(heard.map(({ userId }) => userId)[0]).toBe('ada')
    await tickets.put('key-2', { principal: { userId: 'ada' } }, 60)
    expect(await tickets.take('key-2')).toEqual({ principal: { userId: 'ada' } })
    await revocations.close()
    await disconnect()
  })
})

describe.skipIf(!hasRedis)('Sentinel, with several connections of redis', () => {
  it('a replica that does not answer has no write, whichever connection is asked', async () => {
    await using primary = await RedisServer.start()
    await using replica = await RedisServer.start()
    await replica.replicate(primary)
    await using sentinel = await RedisServer.sentinelOf(primary, name)
    await until(() => knowsReplica(sentinel), 20_000, 'Sentinel to know the replica')
    const sentinelRootNodes = [{ host: '127.0.0.1', port: sentinel.port }]
    const client = createSentinel({ name, sentinelRootNodes, masterPoolSize: 3 })
    client.on('error', () => {})
    await client.connect()
    for (let n = 0; n < 3; n++) await client.ping()
    const isFollowed = async (): Promise<boolean> => {
      const text = await primary.command('INFO', 'replication')
      const [, ofReplica] = /,offset=(\d+)/.exec(text) ?? []
      return ofReplica === /master_repl_offset:(\d+)/.exec(text)?.[1]
    }
    await until(isFollowed, 20_000, 'the replica to have everything')
    replica.hang()
    await client.set('key', 'value')
    expect(await sendWait(client, 'key', ['WAIT', '1', '100'])).toBe(0)
    await client.destroy()
  })
})

const yes = (): boolean => true
const no = (): boolean => false
/** The promoted one has no replica left, so it writes and cannot promise more. */
const withoutReplica = (error: unknown): boolean => String(error).includes('NOREPLICAS')

async function knowsReplica(sentinel: RedisServer): Promise<boolean> {
  return (await sentinel.command('INFO', 'sentinel')).includes('slaves=1')
}

function revocationOf(userId: string): Revocation {
  return { userId, issuedBeforeMs: Date.now(), marginMs: 0, expiresAtMs: Date.now() + 60_000 }
}
