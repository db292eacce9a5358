import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'
import { RedisRevocations } from '../src/revocations.ts'
import { hasRedis, RedisServer, until } from './support/redis-server.ts'

// What the README tells users of `createClient` to do, in a tenth of the time.
const options = {
  pingInterval: 200,
  socket: { socketTimeout: 600, reconnectStrategy: (retries: number) => Math.min(50 * 2 ** retries, 200) },
}

describe.skipIf(!hasRedis)('SECURITY 25 a server that is silent for longer than the library waits', () => {
  it('is found again by itself, by both connections, and what was said meanwhile is heard', async () => {
    await using server = await RedisServer.start()
    const client = createClient({ url: server.url, ...options })
    await client.connect()
    const revocations = new RedisRevocations({ client, warn: () => {}, commandTimeoutMs: 300 })
    const heard: string[] = []
    revocations.subscribe(({ userId = '' }) => heard.push(userId))
    await revocations.add(revocationOf('first'))
    const isAway = async (): Promise<boolean> => {
      await revocations.isRevoked({ userId: 'somebody' }).catch(() => {})
      return !revocations.health.up
    }
    server.hang()
    await until(isAway, 5_000, 'the loss')
    // Both connections are given up by the library meanwhile.
    await until(() => !client.isReady, 5_000, 'the connection to be given up')
    server.resume()
    await until(() => revocations.health.up, 10_000, 'the return')
    await until(
      async () => (await server.command('PUBSUB', 'NUMSUB', 'wsauth:revocations')).endsWith(':1'),
      10_000,
      'the subscription',
    )
    await revocations.add(revocationOf('second'))
    expect(heard).toEqual(['first', 'second'])
    await revocations.close()
    client.destroy()
  })
})

function revocationOf(userId: string) {
  return { userId, issuedBeforeMs: Date.now(), marginMs: 0, expiresAtMs: Date.now() + 60_000 }
}
