import { isAuthError } from '@wsauth/protocol'
import type { Attempt } from '@wsauth/server'
import { limiterCases } from '@wsauth/server/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RedisLimiter } from '../src/limiter.ts'
import { age, type Connection, dump, libraries, officialClient } from './support/clients.ts'
import { hasRedis, RedisServer, until } from './support/redis-server.ts'

const attempt = (subject = '@ada'): Attempt => ({ address: '192.0.2.1', subject: () => subject })

describe.skipIf(!hasRedis).each(libraries)('the promises of a limiter, with %s', (_, connect) => {
  let server: RedisServer
  let connection: Connection
  beforeAll(async () => {
    server = await RedisServer.start()
    connection = await connect(server)
  })
  afterAll(async () => {
    await connection[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  let made = 0
  for (const { name, run } of limiterCases) {
    it(name, () =>
      run(
        (limits) => new RedisLimiter({ client: connection.client, prefix: `case-${made++}:`, ...limits }),
        (ms) => age(connection, ms),
      ),
    )
  }
})

describe.skipIf(!hasRedis)('RedisLimiter', () => {
  it('counts on all nodes together, and holds hashes that end', async () => {
    await using server = await RedisServer.start()
    await using one = await officialClient(server)
    await using two = await officialClient(server)
    const nodes = [one, two].map(({ client }) => new RedisLimiter({ client, failuresPerSubject: 4 }))
    for (const node of [...nodes, ...nodes]) await node.failed(attempt())
    for (const node of nodes) expect(await node.waitMs(attempt())).toBeGreaterThan(0)
    await nodes[0]?.succeeded(attempt())
    const held = await dump(one)
    expect(held).not.toMatch(/192\.0|ada|for -1/)
  })

  it.each(['refuse', 'allow'] as const)('SECURITY 25 while Redis is away, onOutage: %s', async (onOutage) => {
    await using server = await RedisServer.start()
    await using connection = await officialClient(server)
    const limiter = new RedisLimiter({
      client: connection.client,
      onOutage,
      failuresPerSubject: 2,
      commandTimeoutMs: 300,
    })
    await limiter.failed(attempt())
    await server.kill()
    if (onOutage === 'refuse') {
      await expect(limiter.waitMs(attempt())).rejects.toSatisfy((e) =>
        isAuthError(e, 'temporarily_unavailable'),
      )
      await expect(limiter.failed(attempt())).rejects.toSatisfy((e) =>
        isAuthError(e, 'temporarily_unavailable'),
      )
    } else {
      expect(await limiter.waitMs(attempt())).toBe(0)
      await limiter.failed(attempt())
      expect(await limiter.waitMs(attempt())).toBeGreaterThan(0)
      await limiter.succeeded(attempt())
    }
    await server.restart()
    await until(() => limiter.health.up, 10_000, 'recovery')
    expect(await limiter.waitMs(attempt())).toBe(0)
  })

  it.each(['refuse', 'allow'] as const)(
    'counts on its own what a Redis that takes no writes does not count, onOutage: %s',
    async (onOutage) => {
      await using server = await RedisServer.start()
      await using connection = await officialClient(server)
      const limiter = new RedisLimiter({ client: connection.client, failuresPerSubject: 2, onOutage })
      await limiter.failed(attempt())
      await server.command('CONFIG', 'SET', 'min-replicas-to-write', '1')
      for (let n = 0; n < 2; n++) await limiter.failed(attempt()).catch(() => {})
      expect(await limiter.waitMs(attempt())).toBeGreaterThan(0)
      expect(await limiter.waitMs(attempt('@bob'))).toBe(0)
    },
  )

  it('lets nobody who is in wait until that is written down', async () => {
    await using server = await RedisServer.start()
    await using connection = await officialClient(server)
    const limiter = new RedisLimiter({ client: connection.client, commandTimeoutMs: 300 })
    server.hang()
    await limiter.succeeded(attempt())
    expect(limiter.health.up).toBe(true)
    await until(() => !limiter.health.up, 5_000, 'the loss')
  })

  it('takes no limit for a number', () => {
    const client = { eval: async () => 0, evalSha: async () => 0 }
    expect(() => new RedisLimiter({ client, failuresPerAddress: 0 })).toThrow(TypeError)
    expect(() => new RedisLimiter({ client, failuresPerSubject: Number.POSITIVE_INFINITY })).not.toThrow()
  })
})
