import { isAuthError } from '@wsauth/protocol'
import { covers, type Principal, type Revocation } from '@wsauth/server'
import { revocationStoreCases } from '@wsauth/server/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { targetsOf } from '../src/revocation-entry.ts'
import { RedisRevocations, type RedisRevocationsOptions } from '../src/revocations.ts'
import { type Connection, dump, libraries, officialClient } from './support/clients.ts'
import { hasRedis, RedisServer, until } from './support/redis-server.ts'

const ada: Principal = {
  userId: 'ada@example.com',
  sessionId: 'session-of-ada',
  tokenId: 't-1',
  issuedAt: 1_000,
}
const revocationOf = (userId: string, lifeMs = 60_000): Revocation => ({
  userId,
  issuedBeforeMs: Date.now(),
  marginMs: 0,
  expiresAtMs: Date.now() + lifeMs,
})

/** A node: its own connections, and what it heard. */
class Node implements AsyncDisposable {
  readonly heard: Revocation[] = []
  readonly store: RedisRevocations
  readonly connection: Connection

  private constructor(connection: Connection, options: Partial<RedisRevocationsOptions>) {
    this.connection = connection
    this.store = new RedisRevocations({ client: connection.client, warn: () => {}, ...options })
    this.store.subscribe((revocation) => this.heard.push(revocation))
  }

  static async on(server: RedisServer, options: Partial<RedisRevocationsOptions> = {}): Promise<Node> {
    return new Node(await officialClient(server), options)
  }

  hasHeardOf(principal: Principal): boolean {
    return this.heard.some((revocation) => covers(revocation, principal))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close()
    await this.connection[Symbol.asyncDispose]()
  }
}

describe.skipIf(!hasRedis).each(libraries)('the promises of a revocation store, with %s', (_, connect) => {
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
  const make = (): RedisRevocations =>
    new RedisRevocations({ client: connection.client, prefix: `case-${made++}:`, warn: () => {} })
  for (const { name, run } of revocationStoreCases) it(name, () => run(make))

  it('is heard of on another node, once', async () => {
    const [one, two] = [
      make(),
      new RedisRevocations({ client: connection.client, prefix: `case-${made - 1}:`, warn: () => {} }),
    ]
    const heard: Revocation[] = []
    two.subscribe((revocation) => heard.push(revocation))
    await one.add(revocationOf('first'))
    await one.add(revocationOf(ada.userId))
    await until(() => heard.length >= 2, 5_000, 'both revocations')
    expect(heard.map((revocation) => covers(revocation, ada))).toEqual([false, true])
    await one.close()
    await two.close()
  })
})

describe.skipIf(!hasRedis)('P3 no acknowledged revocation is lost', () => {
  it('no look-up misses it, on any node, from the acknowledgement on', async () => {
    await using server = await RedisServer.start()
    await using one = await Node.on(server)
    await using two = await Node.on(server)
    for (let n = 0; n < 50; n++) {
      const principal = { userId: `user-${n}`, issuedAt: 1_000 }
      await one.store.add(revocationOf(principal.userId))
      expect(await two.store.isRevoked(principal)).toBe(true)
    }
  })

  it('a Redis that lost everything gets it back from the nodes, also from one that only heard of it', async () => {
    await using server = await RedisServer.start()
    await using witness = await Node.on(server)
    {
      await using author = await Node.on(server)
      await author.store.add(revocationOf(ada.userId))
      await until(() => witness.hasHeardOf(ada), 5_000, 'the witness')
    }
    await server.kill()
    await server.restart()
    await until(async () => (await server.command('DBSIZE')) !== ':0', 10_000, 'the revocation to be back')
    await using newcomer = await Node.on(server)
    expect(await newcomer.store.isRevoked(ada)).toBe(true)
    expect(await newcomer.store.isRevoked({ ...ada, userId: 'bob', issuedAt: 1 })).toBe(false)
    // It is the same one, so nobody hears of it again.
    expect(witness.heard).toHaveLength(1)
  })

  it('a Redis that went back to an old snapshot, whose numbers are given out again, is read from the start', async () => {
    await using server = await RedisServer.start({ persistence: 'snapshot' })
    await using one = await Node.on(server)
    await using two = await Node.on(server)
    await one.store.add(revocationOf('before'))
    await server.save()
    await one.store.add(revocationOf('lost-1'))
    await one.store.add(revocationOf('lost-2'))
    await until(() => two.heard.length === 3, 5_000, 'the second node')
    await server.kill()
    await server.restart()
    await using three = await Node.on(server)
    // Numbers 2 and 3 are free again, and the first nodes have seen a 3 already.
    await until(
      () =>
        three.store.add(revocationOf(ada.userId)).then(
          () => true,
          () => false,
        ),
      5_000,
      'a write',
    )
    await until(() => one.hasHeardOf(ada) && two.hasHeardOf(ada), 5_000, 'both nodes')
    for (const userId of ['before', 'lost-1', 'lost-2']) {
      await until(() => three.hasHeardOf({ userId }), 5_000, `${userId} on the third node`)
      expect(await three.store.isRevoked({ userId })).toBe(true)
    }
  })

  it('FLUSHALL: the numbers of the old log are not taken for those of the new one', async () => {
    await using server = await RedisServer.start()
    // Nobody reads between the loss and the next revocation, which gets the number that was the last one before.
    await using one = await Node.on(server, { rereadMs: 60_000 })
    await using two = await Node.on(server, { rereadMs: 60_000 })
    await one.store.add(revocationOf('before'))
    await until(() => two.heard.length === 1, 5_000, 'the second node')
    await server.command('FLUSHALL')
    await one.store.add(revocationOf(ada.userId))
    await until(() => two.hasHeardOf(ada), 5_000, 'the second node to hear of the next')
    await using newcomer = await Node.on(server)
    await until(() => newcomer.heard.length === 2, 5_000, 'what was lost to be back')
  })

  it.each(['nothing', 'one more'])(
    'a log that was evicted by itself, and %s written since, is back on the server',
    async (since) => {
      await using server = await RedisServer.start()
      await using node = await Node.on(server)
      await node.store.add(revocationOf(ada.userId))
      // `volatile-lru` takes what has an end: the last number stays.
      await server.command('DEL', 'wsauth:{revocations}:log', `wsauth:{revocations}:${targetsOf(ada)[0]}`)
      if (since === 'one more') await node.store.add(revocationOf('somebody'))
      const held = async (): Promise<string> =>
        server.command('ZCOUNT', 'wsauth:{revocations}:log', '-inf', '+inf')
      await until(async () => (await held()) === (since === 'nothing' ? ':1' : ':2'), 5_000, 'it to be back')
      await using newcomer = await Node.on(server)
      expect(await newcomer.store.isRevoked(ada)).toBe(true)
    },
  )

  it('a Redis that lost everything and takes no writes at first gets it back when it does', async () => {
    await using server = await RedisServer.start()
    // It reads when it is told to, and not in between.
    await using node = await Node.on(server, { rereadMs: 60_000 })
    const tell = (): Promise<string> => server.command('PUBLISH', 'wsauth:revocations', 'read')
    await until(async () => (await tell()) === ':1', 5_000, 'the subscription')
    await node.store.add(revocationOf(ada.userId))
    await server.command('ACL', 'SETUSER', 'default', '-zadd')
    await server.command('FLUSHALL')
    await tell()
    const refusals = async (): Promise<string> => server.command('INFO', 'errorstats')
    await until(async () => (await refusals()).includes('errorstat_'), 5_000, 'a refusal')
    // What is asked meanwhile is answered.
    expect(await node.store.isRevoked(ada)).toBe(true)
    expect(await node.store.isRevoked({ userId: 'bob' })).toBe(false)
    await server.command('ACL', 'SETUSER', 'default', '+zadd')
    // Told again: a refused attempt may have been on its way back when it was told first.
    const isBack = async (): Promise<boolean> => {
      await tell()
      return (await server.command('DBSIZE')) === ':4'
    }
    await until(isBack, 5_000, 'the revocation to be back')
  })

  it('many nodes share the work of giving back what a Redis lost', async () => {
    await using server = await RedisServer.start()
    await using one = await Node.on(server)
    await using two = await Node.on(server)
    await using three = await Node.on(server)
    await using four = await Node.on(server)
    const nodes = [one, two, three, four]
    const users = Array.from({ length: 1_000 }, (_, n) => `user-${n}`)
    await Promise.all(users.map((userId) => one.store.add(revocationOf(userId))))
    await until(() => nodes.every(({ heard }) => heard.length === users.length), 20_000, 'everybody')
    await server.kill()
    await server.restart()
    const held = async (): Promise<string> => server.command('ZCARD', 'wsauth:{revocations}:log')
    await until(async () => (await held()) === `:${users.length}`, 20_000, 'all of it to be back')
    const [, scripts] = /cmdstat_evalsha:calls=(\d+)/.exec(await server.command('INFO', 'commandstats')) ?? []
    // Each of the four by itself would have sent a thousand.
    expect(Number(scripts)).toBeLessThan(3_000)
  })

  it('a Redis that keeps 64 KiB of answers for each client is read to the end', async () => {
    const args = ['--client-output-buffer-limit', 'normal 65536 0 0']
    await using server = await RedisServer.start({ args })
    await using node = await Node.on(server)
    const users = Array.from({ length: 1_000 }, (_, n) => `user-${n}`)
    await Promise.all(users.map((userId) => node.store.add(revocationOf(userId))))
    await using fresh = await Node.on(server)
    await until(() => fresh.heard.length === users.length, 5_000, 'all of them')
    expect(await fresh.store.isRevoked({ userId: 'nobody' })).toBe(false)
  })

  it('a replica that was promoted without the last ones gets them back', async () => {
    await using primary = await RedisServer.start()
    await using replica = await RedisServer.start()
    await using node = await Node.on(primary)
    await node.store.add(revocationOf('early'))
    await replica.replicate(primary)
    await replica.command('REPLICAOF', '127.0.0.1', '1')
    await node.store.add(revocationOf(ada.userId))
    await replica.promote()
    // The address of the primary moves over, as Sentinel or a cloud would do it.
    await primary.kill()
    await using moved = await replica.listenAt(primary.port)
    expect(moved.port).toBe(primary.port)
    await until(
      () =>
        node.store.isRevoked(ada).then(
          (is) => is && node.store.health.up,
          () => false,
        ),
      10_000,
      'the node to be back',
    )
    await using newcomer = await Node.on(replica)
    await until(() => newcomer.hasHeardOf(ada), 5_000, 'the newcomer')
  })

  it('one that was lost on the wire is written or refused, never half of it', async () => {
    await using server = await RedisServer.start({ persistence: 'aof' })
    await using one = await Node.on(server, { commandTimeoutMs: 300 })
    await using two = await Node.on(server)
    server.hang()
    await expect(one.store.add(revocationOf(ada.userId))).rejects.toSatisfy((error) =>
      isAuthError(error, 'temporarily_unavailable'),
    )
    expect(one.heard).toEqual([])
    server.resume()
    // It was on its way, so it counts in the end, on every node.
    await until(() => one.hasHeardOf(ada) && two.hasHeardOf(ada), 10_000, 'both nodes')
  })

  it('one more fits into a Redis whose memory is full', async () => {
    await using server = await RedisServer.start()
    await using one = await Node.on(server)
    await using two = await Node.on(server)
    await server.command('CONFIG', 'SET', 'maxmemory', '1mb')
    expect(await server.command('SET', 'anything', 'else')).toContain('OOM')
    await one.store.add(revocationOf(ada.userId))
    await until(() => two.hasHeardOf(ada), 5_000, 'the second node')
    expect(await two.store.isRevoked(ada)).toBe(true)
  })

  it('waits for replicas where it is told to', async () => {
    await using primary = await RedisServer.start()
    await using replica = await RedisServer.start()
    await using node = await Node.on(primary, { durability: { replicas: 1, timeoutMs: 300 } })
    await expect(node.store.add(revocationOf('ada'))).rejects.toSatisfy(
      (error) => isAuthError(error, 'temporarily_unavailable') && error.message.includes('NOREPLICAS'),
    )
    await replica.replicate(primary)
    await until(
      () =>
        node.store.add(revocationOf('ada')).then(
          () => true,
          () => false,
        ),
      10_000,
      'a replica',
    )
    expect(await replica.command('DBSIZE')).toBe(':4')
  })
})

describe.skipIf(!hasRedis)('a replica that hangs', () => {
  it('refuses revocations that should be there, each in time, and nobody who connects waits for it', async () => {
    await using primary = await RedisServer.start()
    await using replica = await RedisServer.start()
    await replica.replicate(primary)
    await using node = await Node.on(primary, { durability: { replicas: 1, timeoutMs: 500 } })
    const isKept = (): Promise<boolean> =>
      node.store.add(revocationOf('ada')).then(
        () => true,
        () => false,
      )
    await until(isKept, 10_000, 'the replica')
    replica.hang()
    const refused = Array.from({ length: 8 }, (_, n) =>
      node.store.add(revocationOf(`user-${n}`)).catch((error: unknown) => String(error)),
    )
    // Eight times the waiting is longer than a command may take.
    expect(await node.store.isRevoked({ userId: 'bob' })).toBe(false)
    for (const error of await Promise.all(refused)) expect(error).toContain('NOREPLICAS')
    expect(node.store.health.up).toBe(true)
  })
})

describe.skipIf(!hasRedis)('SECURITY 24 missed notices are repaired', () => {
  it('without any notice, at the next reading', async () => {
    await using server = await RedisServer.start()
    await using deaf = await Node.on(server, { rereadMs: 50 })
    await using one = await Node.on(server)
    await server.command('ACL', 'SETUSER', 'default', 'resetchannels')
    await one.store.add(revocationOf(ada.userId))
    await until(() => deaf.hasHeardOf(ada), 5_000, 'the reading')
  })

  it('nobody who may not SUBSCRIBE waits for more than the next reading, half a second', async () => {
    await using server = await RedisServer.start()
    await server.command('ACL', 'SETUSER', 'default', 'resetchannels')
    await using deaf = await Node.on(server)
    await using one = await Node.on(server)
    for (let n = 1; n <= 5; n++) {
      await one.store.add(revocationOf(`user-${n}`))
      await until(() => deaf.heard.length === n, 5_000, 'the reading')
    }
  })

  it('a forged notice does nothing', async () => {
    await using server = await RedisServer.start()
    await using node = await Node.on(server)
    await node.store.add(revocationOf('bob'))
    await server.command('PUBLISH', 'wsauth:revocations', `{"userId":"${ada.userId}"}`)
    await server.command('ZADD', 'wsauth:{revocations}:log', '99', 'of a version to come')
    await server.command('SET', 'wsauth:{revocations}:last', '99')
    await server.command('PUBLISH', 'wsauth:revocations', 'read')
    await node.store.add(revocationOf('eve'))
    expect(node.heard.map(({ userId }) => userId)).toEqual(['bob', 'eve'])
    expect(await node.store.isRevoked(ada)).toBe(false)
  })
})

describe.skipIf(!hasRedis)('what Redis holds', () => {
  it('SECURITY 27 is hashes and times, and ends when the tokens would have', async () => {
    await using server = await RedisServer.start()
    await using node = await Node.on(server)
    await node.store.add(revocationOf(ada.userId, 300))
    const { userId: _, ...times } = revocationOf('', 200)
    await node.store.add({ ...times, sessionId: 'session-of-ada' })
    const held = await dump(node.connection)
    for (const text of ['ada', 'example', 'session-of']) expect(held).not.toContain(text)
    await until(async () => (await server.command('DBSIZE')) === ':1', 5_000, 'the keys to end')
    // The last number alone stays, so that none is given twice.
    expect(await dump(node.connection)).toMatch(/^\S*\{revocations\}:last = 2 \S+ for -1$/)
  })

  it('is not read again by each look-up where all of it has ended', async () => {
    await using server = await RedisServer.start()
    await using one = await Node.on(server)
    await one.store.add(revocationOf('ada', 50))
    await until(async () => (await server.command('DBSIZE')) === ':1', 5_000, 'the keys to end')
    await using newcomer = await Node.on(server, { rereadMs: 60_000 })
    const isRead = async (): Promise<boolean> => {
      // The first answers may come before its first reading.
      await server.command('CONFIG', 'RESETSTAT')
      for (let n = 0; n < 10; n++) await newcomer.store.isRevoked({ userId: 'bob' })
      return !(await server.command('INFO', 'commandstats')).includes('cmdstat_zrangebyscore')
    }
    await one.store.close()
    await until(isRead, 2_000, 'ten look-ups without a reading')
  })

  it('is kept no longer than a credential lives', async () => {
    await using server = await RedisServer.start()
    await using node = await Node.on(server, { maxLifetimeMs: 3_600_000 })
    await node.store.add(revocationOf('ada', 400 * 24 * 3_600_000))
    const lives = [...(await dump(node.connection)).matchAll(/for (\d+)$/gm)].map(([, ms]) => Number(ms))
    expect(lives).toHaveLength(3)
    for (const ms of lives) expect(ms).toBeGreaterThan(3_600_000)
    for (const ms of lives) expect(ms).toBeLessThan(3_700_000)
  })

  it('a disconnect of the whole fleet is heard everywhere and revokes nothing', async () => {
    await using server = await RedisServer.start()
    await using one = await Node.on(server)
    await using two = await Node.on(server)
    await one.store.add({ ...revocationOf(ada.userId), connectionsOnly: true })
    await until(() => two.hasHeardOf({ ...ada, issuedAt: Date.now() + 60_000 }), 5_000, 'the second node')
    expect(two.heard[0]?.connectionsOnly).toBe(true)
    expect(await one.store.isRevoked(ada)).toBe(false)
    expect(await two.store.isRevoked(ada)).toBe(false)
  })
})

describe.skipIf(!hasRedis)('SECURITY 25 while Redis is away', () => {
  it.each(['refuse', 'allow'] as const)('onOutage: %s', async (onOutage) => {
    await using server = await RedisServer.start()
    await using node = await Node.on(server, { onOutage, commandTimeoutMs: 300 })
    await node.store.add(revocationOf(ada.userId))
    await server.kill()
    // What is known here stays revoked either way.
    expect(await node.store.isRevoked(ada)).toBe(true)
    const bob = node.store.isRevoked({ userId: 'bob' })
    if (onOutage === 'allow') expect(await bob).toBe(false)
    else await expect(bob).rejects.toSatisfy((error) => isAuthError(error, 'temporarily_unavailable'))
    expect(node.store.health.up).toBe(false)
    await server.restart()
    await until(() => node.store.health.up, 10_000, 'recovery')
    expect(await node.store.isRevoked({ userId: 'bob' })).toBe(false)
  })
})

describe.skipIf(!hasRedis)('what an operator is told at the start', () => {
  it.each([
    ['allkeys-lru', 'yes', ['maxmemory-policy allkeys-lru']],
    ['noeviction', 'no', ['append-only file']],
    ['noeviction', 'yes', []],
  ])('maxmemory-policy %s, appendonly %s', async (policy, aof, expected) => {
    const args = ['--maxmemory-policy', policy, '--appendonly', aof]
    await using server = await RedisServer.start({ args })
    const warnings: string[] = []
    await using node = await Node.on(server, { warn: (text) => warnings.push(text) })
    await node.store.add(revocationOf('ada'))
    await until(() => warnings.length >= expected.length, 5_000, 'the warnings')
    expect(warnings).toHaveLength(expected.length)
    for (const [n, text] of expected.entries()) expect(warnings[n]).toContain(text)
  })
})
