import { readFileSync } from 'node:fs'
import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'
import { RedisFleet } from '../src/fleet.ts'
import { RedisLimiter } from '../src/limiter.ts'
import { RedisRevocations } from '../src/revocations.ts'
import { RedisTicketStore } from '../src/ticket-store.ts'
import { hasRedis, RedisServer, until } from './support/redis-server.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const [, rule = ''] = /`ACL (SETUSER [^`]+)`/.exec(readme) ?? []

describe.skipIf(!hasRedis)('the user of Redis that the README makes', () => {
  it('is enough for everything', async () => {
    await using server = await RedisServer.start()
    expect(await server.command('ACL', ...rule.split(' '))).toBe('+OK')
    const client = createClient({ url: server.url.replace('//', '//wsauth:password@') })
    client.on('error', () => {})
    await client.connect()
    const warnings: string[] = []
    const warn = (text: string): number => warnings.push(text)
    const revocations = new RedisRevocations({ client, warn, durability: { timeoutMs: 100 } })
    let heard = 0
    revocations.subscribe(() => heard++)
    await revocations.add({
      userId: 'ada',
      issuedBeforeMs: Date.now(),
      marginMs: 0,
      expiresAtMs: Date.now() + 60_000,
    })
    expect(await revocations.isRevoked({ userId: 'ada' })).toBe(true)
    await until(() => heard > 0 && warnings.length > 0, 5_000, 'the announcement and the warning')
    expect(await server.command('PUBSUB', 'NUMSUB', 'wsauth:revocations')).toContain(':1')

    const tickets = new RedisTicketStore({ client })
    await tickets.put('key', { principal: { userId: 'ada' } }, 30)
    expect(await tickets.take('key')).toBeDefined()

    const limiter = new RedisLimiter({ client })
    const attempt = { address: '192.0.2.1', subject: () => '@ada' }
    await limiter.failed(attempt)
    await limiter.succeeded(attempt)
    expect(await limiter.waitMs(attempt)).toBe(0)

    const fleet = new RedisFleet({ client })
    fleet.report(() => ({ live: 1 }))
    expect(await fleet.enter('ada', 'connection', 1)).toBe(true)
    await until(async () => (await fleet.stats()).total.live === 1, 5_000, 'the report')
    await fleet.close()
    await revocations.close()
    client.destroy()
  })
})
