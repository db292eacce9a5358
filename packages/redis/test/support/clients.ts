import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { evalText, type RedisClient } from '../../src/redis-client.ts'
import type { RedisServer } from './redis-server.ts'

/** A connection of a test and the way to end it. */
export interface Connection extends AsyncDisposable {
  readonly client: RedisClient
}

/** The official client, connected. Comes back quickly after an outage, so that tests need not wait. */
export async function officialClient(server: RedisServer): Promise<Connection> {
  const client = createClient({ url: server.url, socket: { reconnectStrategy: () => 50 } })
  client.on('error', () => {})
  await client.connect()
  return {
    client,
    [Symbol.asyncDispose]: async () => client.destroy(),
  }
}

async function ioredisClient(server: RedisServer): Promise<Connection> {
  const client = new Redis(server.url, { retryStrategy: () => 50 })
  client.on('error', () => {})
  return {
    client,
    [Symbol.asyncDispose]: async () => client.disconnect(),
  }
}

export const libraries: readonly [name: string, connect: (server: RedisServer) => Promise<Connection>][] = [
  ['redis', officialClient],
  ['ioredis', ioredisClient],
]

/** Ages every key by that much, as the passing of time would. */
export function age({ client }: Connection, ms: number): Promise<unknown> {
  const text = `
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 then redis.call('PEXPIRE', key, math.max(0, left - ARGV[1])) end
end`
  return evalText(client, text, [], [`${ms}`])
}

/** All that the server holds, keys and values, as one text. */
export async function dump({ client }: Connection): Promise<string> {
  const text = `
local lines = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind = redis.call('TYPE', key).ok
  local value = ''
  if kind == 'string' then value = redis.call('GET', key) end
  if kind == 'zset' then value = table.concat(redis.call('ZRANGE', key, 0, -1, 'WITHSCORES'), ' ') end
  if kind == 'hash' then value = table.concat(redis.call('HGETALL', key), ' ') end
  lines[#lines + 1] = key .. ' = ' .. value .. ' for ' .. redis.call('PTTL', key)
end
return table.concat(lines, '\\n')`
  return String(await evalText(client, text, [], []))
}
