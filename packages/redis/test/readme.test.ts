import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { startCluster } from './support/cluster.ts'
import { hasRedis, RedisServer, until } from './support/redis-server.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))
const snippets = [...readFileSync(`${folder}README.md`, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, code = '']) => code,
)
const [example = '', stop = '', sentinelClient = '', clusterClient = ''] = snippets
const singleClient = /const client = [\s\S]*?\.connect\(\)\n/

/** The example, on a free port and with the client that is given, and what stops it; nothing else ends the process. */
async function run(client: string): Promise<unknown> {
  const own = example.replace(singleClient, () => `${client}\n`).replace('port: 8080', 'port: 0')
  const code = `${own}\nconsole.log(JSON.stringify({ nodes: nodes.length, total }))\n${stop}`
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=wsauth:source', '--input-type=module', '--eval', code],
    { cwd: folder, env: { ...process.env, TOKEN_KEY: 'k'.repeat(32) }, timeout: 12_000 },
  )
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

/** With the addresses of a test; each has to be there. */
function at(code: string, addresses: Readonly<Record<string, string>>): string {
  let own = code
  for (const [address, actual] of Object.entries(addresses)) {
    expect(own).toContain(address)
    own = own.replace(address, actual)
  }
  return own
}

const expected = { nodes: 1, total: { live: 0 } }

describe.skipIf(!hasRedis)('the README', () => {
  it('runs as it stands, and ends by itself', async () => {
    await using server = await RedisServer.start({ persistence: 'aof' })
    const [client = ''] = singleClient.exec(example) ?? []
    const own = at(client, { 'redis://127.0.0.1:6379': server.url })
    expect(await run(own)).toMatchObject(expected)
    expect(await server.command('EXISTS', 'wsauth:{fleet}:reports')).toBe(':0')
  })

  it('with Sentinel', async () => {
    await using primary = await RedisServer.start({ persistence: 'aof' })
    await using replica = await RedisServer.start({ persistence: 'aof' })
    await replica.replicate(primary)
    await using sentinel = await RedisServer.sentinelOf(primary, 'main')
    const knowsReplica = async (): Promise<boolean> =>
      (await sentinel.command('INFO', 'sentinel')).includes('slaves=1')
    await until(knowsReplica, 20_000, 'Sentinel to know the replica')
    expect(await run(at(sentinelClient, { 26379: `${sentinel.port}` }))).toMatchObject(expected)
  })

  it('with a cluster', async () => {
    const servers = await startCluster(['--appendonly', 'yes'])
    const [one, two] = servers
    const own = at(clusterClient, { 7000: `${one?.port}`, 7001: `${two?.port}` })
    expect(await run(own)).toMatchObject(expected)
    for (const server of servers) await server[Symbol.asyncDispose]()
  })
})
