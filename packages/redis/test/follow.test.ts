import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'
import type { RedisClient } from '../src/redis-client.ts'
import { RedisRevocations } from '../src/revocations.ts'
import { hasRedis, RedisServer, until } from './support/redis-server.ts'

const isFollowed = async (server: RedisServer): Promise<boolean> =>
  (await server.command('PUBSUB', 'NUMSUB', 'wsauth:revocations')).endsWith(':1')

const open = (client: RedisClient): RedisRevocations => new RedisRevocations({ client, warn: () => {} })

describe.skipIf(!hasRedis)('the connection that listens comes back by itself', () => {
  it('ioredis without an offline queue: it is asked for once there is a connection', async () => {
    await using server = await RedisServer.start()
    const client = new Redis(server.url, { enableOfflineQueue: false })
    const revocations = open(client)
    await until(() => isFollowed(server), 5_000, 'the subscription')
    await revocations.close()
    client.disconnect()
  })

  it('ioredis that gave the first question up, since Redis was not there yet', async () => {
    await using server = await RedisServer.start()
    await server.kill()
    const client = new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => 50 })
    const revocations = open(client)
    let retries = 0
    client.on('reconnecting', () => retries++)
    await until(() => retries > 5, 5_000, 'some attempts')
    await server.restart()
    await until(() => isFollowed(server), 5_000, 'the subscription')
    await revocations.close()
    client.disconnect()
  })

  it.each([
    ['redis', (url: string) => createClient({ url, socket: { reconnectStrategy: false } })],
    ['ioredis', (url: string) => new Redis(url, { retryStrategy: () => null, lazyConnect: true })],
  ] as const)(
    '%s that was told to give a lost connection up, where only this one is lost',
    async (_, make) => {
      await using server = await RedisServer.start()
      const client = make(server.url)
      await client.connect()
      const revocations = open(client)
      await until(() => isFollowed(server), 5_000, 'the subscription')
      await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
      await until(async () => !(await isFollowed(server)), 5_000, 'the loss')
      await until(() => isFollowed(server), 5_000, 'the return')
      expect(revocations.health.up).toBe(true)
      await revocations.close()
      if ('destroy' in client) client.destroy()
      else client.disconnect()
    },
  )
})
