import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { AuthClient } from '@wsauth/client'
import { describe, expect, it } from 'vitest'
import { Balancer } from './support/balancer.ts'
import { percentile } from './support/fleet.ts'
import { hasRedis, RedisServer, until } from './support/redis-server.ts'
import { sized } from './support/size.ts'

const perNode = sized(150, 500)

class NodeProcess implements AsyncDisposable {
  readonly port: number
  readonly #process: ChildProcess

  private constructor(process: ChildProcess, port: number) {
    this.#process = process
    this.port = port
  }

  static async on(redis: RedisServer): Promise<NodeProcess> {
    const file = fileURLToPath(new URL('./support/node-process.ts', import.meta.url))
    const child = spawn(process.execPath, ['--conditions=wsauth:source', file, redis.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(child.stdout, 'data')
    return new NodeProcess(child, Number(line))
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

/** A client that is always there, what came back to it, and how often it was let in. */
class Tab {
  readonly client: AuthClient
  readonly echoes = new Set<string>()
  opens = 0

  constructor(url: string, userId: string) {
    this.client = new AuthClient(url, { token: userId })
    this.client.on('open', () => this.opens++)
    this.client.on('message', (data) => this.echoes.add(String(data)))
    this.client.on('error', () => {})
  }
}

describe.skipIf(!hasRedis)('a node is killed', () => {
  it(`its ${perNode} clients are back on the others, spread over time, and what waited in the outbox arrives`, {
    timeout: 120_000,
  }, async () => {
    await using redis = await RedisServer.start()
    await using doomed = await NodeProcess.on(redis)
    await using second = await NodeProcess.on(redis)
    await using third = await NodeProcess.on(redis)
    await using balancer = await Balancer.over([doomed.port, second.port, third.port])
    const tabs: Tab[] = []
    for (let n = 0; n < 3 * perNode; n += 30) {
      const some = Array.from({ length: 30 }, (_, m) => new Tab(balancer.url, `user-${n + m}`))
      await Promise.all(some.map(({ client }) => client.ready()))
      tabs.push(...some)
    }
    const before = balancer.arrivals.length
    await doomed.kill()
    const killedMs = performance.now()
    await until(
      () => tabs.filter(({ client }) => client.state !== 'open').length >= perNode,
      10_000,
      'the loss',
    )
    const lost = tabs.filter(({ client }) => client.state !== 'open')
    expect(lost).toHaveLength(perNode)
    for (const { client } of lost) for (let n = 0; n < 5; n++) client.send(`message-${n}`)
    await until(() => lost.every(({ client }) => client.state === 'open'), 60_000, 'all of them to be back')
    const backMs = performance.now() - killedMs
    await until(() => lost.every(({ echoes }) => echoes.size === 5), 10_000, 'the messages')
    expect(lost.every(({ opens }) => opens === 2)).toBe(true)
    expect(tabs.filter((tab) => !lost.includes(tab)).every(({ opens }) => opens === 1)).toBe(true)

    const arrivals = balancer.arrivals.slice(before).map((atMs) => atMs - killedMs)
    const busiest = Math.max(
      ...arrivals.map((from) => arrivals.filter((at) => at >= from && at < from + 100).length),
    )
    console.info(
      `${perNode} clients of a killed node: the last was back after ${backMs.toFixed(0)} ms; arrivals at p10 ` +
        `${percentile(arrivals, 0.1).toFixed(0)} ms, p50 ${percentile(arrivals, 0.5).toFixed(0)} ms, p90 ` +
        `${percentile(arrivals, 0.9).toFixed(0)} ms; busiest 100 ms: ${busiest}`,
    )
    // Full jitter over a second: a tenth of them in a tenth of it, and not all at once.
    expect(busiest).toBeLessThan(perNode / 2)
    expect(percentile(arrivals, 0.9) - percentile(arrivals, 0.1)).toBeGreaterThan(400)
    for (const { client } of tabs) client.close()
  })
})
