import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { hasRedis, RedisServer } from './support/redis-server.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))
const [, snippet = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${folder}README.md`, 'utf8')) ?? []

describe.skipIf(!hasRedis)('the README', () => {
  it('runs as it stands', async () => {
    await using server = await RedisServer.start({ persistence: 'aof' })
    const own = snippet.replace('redis://127.0.0.1:6379', server.url).replace('port: 8080', 'port: 0')
    expect(own).not.toBe(snippet)
    const code = `${own}\nconsole.log(JSON.stringify({ nodes: nodes.length, total }))\nprocess.exit()`
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--conditions=wsauth:source', '--input-type=module', '--eval', code],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, TOKEN_KEY: 'k'.repeat(32) } },
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ nodes: 1, total: { live: 0 } })
  })
})
