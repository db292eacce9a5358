import { isAuthError } from '@wsauth/protocol'
import type { TicketGrant } from '@wsauth/server'
import { ticketStoreCases } from '@wsauth/server/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RedisTicketStore } from '../src/ticket-store.ts'
import { type Connection, dump, libraries, officialClient } from './support/clients.ts'
import { hasRedis, RedisServer, until } from './support/redis-server.ts'

const grant: TicketGrant = {
  principal: { userId: 'ada@example.com', sessionId: 'session-of-ada', claims: { name: 'Ada Lovelace' } },
  origin: 'https://app.example',
}
const keyOf = (n: number): string => `${n}`.padStart(43, 'k')

describe.skipIf(!hasRedis).each(libraries)('the promises of a ticket store, with %s', (_, connect) => {
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
  const make = (): RedisTicketStore =>
    new RedisTicketStore({ client: connection.client, prefix: `case-${made++}:` })
  for (const { name, run } of ticketStoreCases) it(name, () => run(make))
})

describe.skipIf(!hasRedis)('P4 a ticket is redeemed at most once', () => {
  it('not again after a restart from a snapshot that still holds it', async () => {
    await using server = await RedisServer.start({ persistence: 'snapshot' })
    await using connection = await officialClient(server)
    const store = new RedisTicketStore({ client: connection.client })
    await store.put(keyOf(1), grant, 30)
    await store.put(keyOf(2), grant, 30)
    await server.save()
    expect(await store.take(keyOf(1))).toEqual(grant)
    await server.kill()
    await server.restart()
    // Both are still there; the server cannot know which was redeemed, so neither is.
    expect(await dump(connection)).toContain('wsauth:ticket:')
    expect(await untilAnswered(() => store.take(keyOf(1)))).toBeUndefined()
    expect(await store.take(keyOf(2))).toBeUndefined()
    expect(await dump(connection)).not.toContain('wsauth:ticket:')
    await store.put(keyOf(3), grant, 30)
    expect(await store.take(keyOf(3))).toEqual(grant)
  })

  it('would be redeemed again without the fence, which is what fence: "none" gives up', async () => {
    await using server = await RedisServer.start({ persistence: 'snapshot' })
    await using connection = await officialClient(server)
    const store = new RedisTicketStore({ client: connection.client, fence: 'none' })
    await store.put(keyOf(1), grant, 30)
    await server.save()
    expect(await store.take(keyOf(1))).toEqual(grant)
    await server.kill()
    await server.restart()
    expect(await untilAnswered(() => store.take(keyOf(1)))).toEqual(grant)
  })

  it('not again by a replica that was cut off and then promoted, nor when the old primary follows it and takes over', async () => {
    await using primary = await RedisServer.start()
    await using replica = await RedisServer.start()
    await using onPrimary = await officialClient(primary)
    await using onReplica = await officialClient(replica)
    const before = new RedisTicketStore({ client: onPrimary.client })
    const after = new RedisTicketStore({ client: onReplica.client })
    await replica.replicate(primary)
    await before.put(keyOf(1), grant, 30)
    await before.put(keyOf(2), grant, 30)
    await before.put(keyOf(3), grant, 30)
    await until(async () => (await replica.command('DBSIZE')) === ':4', 5_000, 'the tickets to be replicated')
    await replica.command('REPLICAOF', '127.0.0.1', '1')
    expect(await before.take(keyOf(1))).toEqual(grant)
    expect(await before.take(keyOf(3))).toEqual(grant)
    await replica.promote()
    expect(await after.take(keyOf(1))).toBeUndefined()
    expect(await after.take(keyOf(2))).toBeUndefined()
    // The old primary is the same process still, so its run_id says nothing; its data is the replica's.
    await primary.replicate(replica)
    expect(await dump(onPrimary)).toContain('wsauth:ticket:')
    await primary.promote()
    expect(await before.take(keyOf(3))).toBeUndefined()
  })

  it('says what to do where the server does not let scripts ask, and keeps the ticket', async () => {
    await using server = await RedisServer.start()
    await server.command('ACL', 'SETUSER', 'default', '-info')
    await using connection = await officialClient(server)
    const store = new RedisTicketStore({ client: connection.client })
    await expect(store.put(keyOf(1), grant, 30)).rejects.toSatisfy(
      (error) => isAuthError(error, 'temporarily_unavailable') && error.message.includes("fence: 'none'"),
    )
    const fallback = new RedisTicketStore({ client: connection.client, fence: 'none' })
    await fallback.put(keyOf(2), grant, 30)
    expect(await fallback.take(keyOf(2))).toEqual(grant)
  })
})

describe.skipIf(!hasRedis)('SECURITY 27 and 28', () => {
  it('holds hashes and ciphertext, each with an end', async () => {
    await using server = await RedisServer.start()
    await using connection = await officialClient(server)
    const store = new RedisTicketStore({ client: connection.client })
    await store.put(keyOf(1), grant, 30)
    const held = await dump(connection)
    expect(held.split('\n')).toHaveLength(2)
    for (const text of ['ada', 'Ada', 'Lovelace', 'session', 'example', 'kkkk', 'userId']) {
      expect(held).not.toContain(text)
    }
    expect(held).not.toContain('for -1')
  })

  it('hands out nothing for a value that was tampered with, and does not throw', async () => {
    await using server = await RedisServer.start()
    await using connection = await officialClient(server)
    const store = new RedisTicketStore({ client: connection.client })
    await store.put(keyOf(1), grant, 30)
    await store.put(keyOf(2), grant, 30)
    const [first = '', second = ''] = [...(await dump(connection)).matchAll(/wsauth:ticket:\S+/g)].map(String)
    await server.command('RENAME', first, second)
    expect(await store.take(keyOf(1))).toBeUndefined()
    expect(await store.take(keyOf(2))).toBeUndefined()
  })
})

describe.skipIf(!hasRedis)('SECURITY 25 while Redis is away', () => {
  it('refuses within the time for a command, at once from then on, and recovers by itself', async () => {
    await using server = await RedisServer.start()
    await using connection = await officialClient(server)
    const store = new RedisTicketStore({ client: connection.client, commandTimeoutMs: 300 })
    const health: boolean[] = []
    store.onHealth(({ up }) => health.push(up))
    await store.put(keyOf(1), grant, 30)
    server.hang()
    await expect(store.take(keyOf(1))).rejects.toSatisfy((e) => isAuthError(e, 'temporarily_unavailable'))
    expect(store.health).toMatchObject({ up: false, reason: 'timeout' })
    const startMs = performance.now()
    await Promise.allSettled(Array.from({ length: 1_000 }, (_, n) => store.put(keyOf(n), grant, 30)))
    expect(performance.now() - startMs).toBeLessThan(300)
    server.resume()
    await until(() => store.health.up, 5_000, 'the store to recover')
    expect(health).toEqual([false, true])
    await store.put(keyOf(2), grant, 30)
    expect(await store.take(keyOf(2))).toEqual(grant)
  })
})

/** The library needs a moment to find the server again. */
async function untilAnswered<T>(question: () => Promise<T>): Promise<T> {
  let answer: { readonly value: T } | undefined
  await until(
    async () => {
      answer = await question().then(
        (value) => ({ value }),
        () => undefined,
      )
      return answer !== undefined
    },
    10_000,
    'an answer',
  )
  if (!answer) throw new Error('no answer')
  return answer.value
}

describe.skipIf(!hasRedis)('a Redis whose memory is full', () => {
  it('is unavailable for tickets, however often it is asked, and nobody had too many when it has room', async () => {
    await using server = await RedisServer.start()
    await using connection = await officialClient(server)
    const store = new RedisTicketStore({ client: connection.client })
    await server.command('CONFIG', 'SET', 'maxmemory', '1mb')
    for (let n = 0; n < 25; n++) {
      await expect(store.put(keyOf(n), grant, 30)).rejects.toSatisfy((e) =>
        isAuthError(e, 'temporarily_unavailable'),
      )
    }
    await server.command('CONFIG', 'SET', 'maxmemory', '0')
    await store.put(keyOf(25), grant, 30)
    expect(await store.take(keyOf(25))).toEqual(grant)
  })
})
