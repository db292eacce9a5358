import { isAuthError } from '@wsauth/protocol'
import { AuthWebSocketServer } from '@wsauth/server'
import { Redis } from 'ioredis'
import { describe, expect, it, vi } from 'vitest'
import { RedisFleet, type RedisFleetOptions } from '../src/fleet.ts'
import { dump, libraries, officialClient } from './support/clients.ts'
import { hasRedis, RedisServer, until } from './support/redis-server.ts'

describe.skipIf(!hasRedis).each(libraries)('limits per user over all nodes, with %s', (_, connect) => {
  it('counts connections together, also when they race', async () => {
    await using server = await RedisServer.start()
    await using connection = await connect(server)
    const nodes = ['one', 'two'].map((nodeId) => new RedisFleet({ client: connection.client, nodeId }))
    const entered = await Promise.all(
      Array.from({ length: 20 }, (_, n) => nodes[n % 2]?.enter('ada', `connection-${n}`, 5)),
    )
    expect(entered.filter(Boolean)).toHaveLength(5)
    expect(await nodes[0]?.enter('bob', 'connection-x', 5)).toBe(true)
    expect(await nodes[0]?.enter('ada', 'connection-y', 5)).toBe(false)
    for (const n of Array.from({ length: 20 }).keys()) nodes[n % 2]?.leave(`connection-${n}`)
    expect(await nodes[0]?.enter('ada', 'connection-z', 1)).toBe(true)
    expect(await dump(connection)).not.toMatch(/ada|bob|for -1/)
    for (const node of nodes) await node.close()
    expect(await server.command('DBSIZE')).toBe(':0')
  })
})

describe.skipIf(!hasRedis)('RedisFleet', () => {
  const options = (more: Partial<RedisFleetOptions>): Partial<RedisFleetOptions> => ({
    reportEveryMs: 100,
    ...more,
  })

  it('an outage leaves no place taken: by who left meanwhile, or by who was not let in after all', async () => {
    await using server = await RedisServer.start()
    await using connection = await officialClient(server)
    const fleet = new RedisFleet({ client: connection.client, ...options({ commandTimeoutMs: 300 }) })
    await fleet.enter('ada', 'leaves', 1)
    server.hang()
    await expect(fleet.enter('bob', 'is given up', 1)).rejects.toSatisfy((e) =>
      isAuthError(e, 'temporarily_unavailable'),
    )
    fleet.leave('leaves')
    server.resume()
    await until(() => fleet.health.up, 10_000, 'recovery')
    expect(await fleet.enter('ada', 'next', 1)).toBe(true)
    expect(await fleet.enter('bob', 'next of bob', 1)).toBe(true)
    await fleet.close()
  })

  it('a node that crashed and is back under its name does not hold the places of the one before', async () => {
    await using server = await RedisServer.start()
    await using connection = await officialClient(server)
    await using dying = await officialClient(server)
    const lives = options({ nodeId: 'host-1' })
    const crashed = new RedisFleet({ client: dying.client, ...lives })
    await crashed.enter('ada', 'lost', 1)
    await dying[Symbol.asyncDispose]()
    const back = new RedisFleet({ client: connection.client, ...lives })
    await until(() => back.enter('ada', 'next', 1), 5_000, 'its connection to count no longer')
    await until(async () => (await back.stats()).nodes.length === 1, 5_000, 'one node')
    expect((await back.stats()).nodes.map(({ nodeId }) => nodeId)).toEqual(['host-1'])
    await back.close()
    await crashed.close()
  })

  it('ioredis with numbers as text', async () => {
    await using server = await RedisServer.start()
    const client = new Redis(server.url, { stringNumbers: true })
    const fleet = new RedisFleet({ client })
    expect(await fleet.enter('ada', 'one', 1)).toBe(true)
    expect(await fleet.enter('ada', 'two', 1)).toBe(false)
    await fleet.close()
    client.disconnect()
  })

  it('shows in the stats of a server whether it answers', async () => {
    await using server = await RedisServer.start()
    await using connection = await officialClient(server)
    const connections = new RedisFleet({ client: connection.client })
    const auth = { verifier: () => ({ userId: 'ada' }), connections }
    const wss = new AuthWebSocketServer({ noServer: true, auth })
    expect(wss.stats().stores).toMatchObject({ connections: { up: true } })
    wss.close()
    await connections.close()
  })

  it('adds the nodes up, and forgets one that died with its connections', async () => {
    await using server = await RedisServer.start()
    await using alive = await officialClient(server)
    await using dying = await officialClient(server)
    const one = new RedisFleet({ client: alive.client, nodeId: 'one', ...options({}) })
    // Its connections would count for three minutes.
    const two = new RedisFleet({ client: dying.client, nodeId: 'two', ...options({ renewEveryMs: 60_000 }) })
    one.report(() => ({ live: 3, admitted: 10, refused: { timeout: 1 } }))
    two.report(() => ({ live: 4, admitted: 20, refused: {} }))
    await two.enter('ada', 'lost', 1)
    await until(async () => (await one.stats()).nodes.length === 2, 5_000, 'both nodes')
    expect((await one.stats()).total).toEqual({ live: 7, admitted: 30 })
    expect((await one.stats()).nodes.map(({ nodeId }) => nodeId).sort()).toEqual(['one', 'two'])
    expect(await one.enter('ada', 'next', 1)).toBe(false)
    await dying[Symbol.asyncDispose]()
    await until(async () => (await one.stats()).nodes.length === 1, 5_000, 'the dead one to be forgotten')
    await until(() => one.enter('ada', 'next', 1), 5_000, 'its connection to count no longer')
    // What lives is renewed: it still counts when its first time is long over.
    const firstEndMs = Date.now() + 800
    await until(() => Date.now() > firstEndMs, 5_000, 'the first end')
    expect(await one.enter('ada', 'another', 1)).toBe(false)
    await one.close()
    await two.close()
  })

  it('a node whose figures cannot be had keeps its connections, and says so once', async () => {
    await using server = await RedisServer.start()
    await using connection = await officialClient(server)
    await using another = await officialClient(server)
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const one = new RedisFleet({ client: connection.client, nodeId: 'one', ...options({}) })
    const two = new RedisFleet({ client: another.client, nodeId: 'two', ...options({}) })
    two.report(() => {
      throw new Error('no figures')
    })
    expect(await two.enter('ada', 'held', 1)).toBe(true)
    const firstEndMs = Date.now() + 800
    await until(() => Date.now() > firstEndMs, 5_000, 'the end of its first report')
    expect(await one.enter('ada', 'next', 1)).toBe(false)
    expect((await one.stats()).nodes).toContainEqual({ nodeId: 'two', stats: {} })
    expect(warn.mock.calls).toEqual([[expect.stringContaining('no figures'), 'WsauthWarning']])
    warn.mockRestore()
    await one.close()
    await two.close()
  })

  it.each(['refuse', 'allow'] as const)('SECURITY 25 while Redis is away, onOutage: %s', async (onOutage) => {
    await using server = await RedisServer.start()
    await using connection = await officialClient(server)
    const fleet = new RedisFleet({
      client: connection.client,
      ...options({ onOutage, commandTimeoutMs: 300 }),
    })
    await server.kill()
    if (onOutage === 'allow') expect(await fleet.enter('ada', 'one', 1)).toBe(true)
    else
      await expect(fleet.enter('ada', 'one', 1)).rejects.toSatisfy((e) =>
        isAuthError(e, 'temporarily_unavailable'),
      )
    await expect(fleet.stats()).rejects.toSatisfy((e) => isAuthError(e, 'temporarily_unavailable'))
    await server.restart()
    await until(() => fleet.health.up, 10_000, 'recovery')
    // Who was let in meanwhile is counted once Redis is back.
    let asked = 0
    const isFull = async (): Promise<boolean> => {
      const connectionId = `asked ${asked++}`
      const hasEntered = await fleet.enter('ada', connectionId, 1)
      // Who is in before the count is right again must not take the place.
      if (hasEntered) fleet.leave(connectionId)
      return !hasEntered
    }
    if (onOutage === 'allow') await until(isFull, 5_000, 'the count')
    await fleet.close()
  })
})
