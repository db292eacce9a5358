import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FleetStats, type RedisClient, RedisFleet, RedisRevocations } from '@wsauth/redis'
import { createClient } from 'redis'
import { freePort } from '../../../packages/config/src/free-port.ts'
import { balancer } from './balancer.ts'
import { Crowd, type TabFacts, users } from './crowd.ts'
import { ManagedProcess, type ProcessState } from './managed-process.ts'
import { issuerWith } from './tokens.ts'

export interface Snapshot {
  readonly redis: ProcessState
  readonly nodes: readonly { readonly name: string; readonly state: ProcessState; readonly stats: object }[]
  readonly tabs: readonly TabFacts[]
  readonly log: readonly { readonly atMs: number; readonly text: string }[]
}

type Client = RedisClient & { destroy(): unknown }

const nodeNames = ['north', 'east', 'south'] as const
const nodeFile = fileURLToPath(new URL('node.ts', import.meta.url))
const logLength = 50

/** Everything that runs, and what can be done to it. */
export class Cluster {
  readonly #folder: string
  readonly #redis: ManagedProcess
  readonly #nodes: readonly ManagedProcess[]
  readonly #balancer: ManagedProcess
  readonly #client: Client
  readonly #revocations: RedisRevocations
  readonly #fleet: RedisFleet
  readonly #crowd: Crowd
  readonly #log: { atMs: number; text: string }[] = []
  readonly #revokedAtMs = new Map<string, number>()
  #last: FleetStats = { nodes: [], total: {} }

  private constructor(
    folder: string,
    parts: { redis: ManagedProcess; nodes: readonly ManagedProcess[]; balancer: ManagedProcess },
    client: Client,
    crowd: Crowd,
  ) {
    this.#folder = folder
    this.#redis = parts.redis
    this.#nodes = parts.nodes
    this.#balancer = parts.balancer
    this.#client = client
    this.#crowd = crowd
    this.#revocations = new RedisRevocations({ client, warn: () => {} })
    this.#fleet = new RedisFleet({ client, nodeId: 'admin' })
  }

  static async start(programs: { readonly redis: string; readonly haproxy: string }): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'wsauth-cluster-'))
    const key = randomBytes(32).toString('base64url')
    const redisPort = await freePort()
    const kept = ['--dir', folder, '--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction']
    const at = ['--port', `${redisPort}`, '--bind', '127.0.0.1']
    const redis = new ManagedProcess('redis', redisPort, [programs.redis, ...at, ...kept])
    await redis.start()
    const url = `redis://127.0.0.1:${redisPort}`
    const nodes: ManagedProcess[] = []
    for (const name of nodeNames) {
      const port = await freePort()
      const environment = { NODE_NAME: name, NODE_PORT: `${port}`, REDIS_URL: url, TOKEN_KEY: key }
      const node = new ManagedProcess(
        name,
        port,
        [process.execPath, '--conditions=wsauth:source', nodeFile],
        environment,
      )
      await node.start()
      nodes.push(node)
    }
    const front = balancer(programs.haproxy, folder, await freePort(), nodes)
    await front.start()
    const client = createClient({ url, pingInterval: 2_000 })
    client.on('error', () => {})
    await client.connect()
    const crowd = new Crowd(`ws://127.0.0.1:${front.port}`, issuerWith(key))
    return new Cluster(folder, { redis, nodes, balancer: front }, client, crowd)
  }

  /** What an admin sees. While Redis is away the nodes' figures are the last ones. */
  async snapshot(): Promise<Snapshot> {
    this.#last = await this.#fleet.stats().catch(() => this.#last)
    return {
      redis: this.#redis.state,
      nodes: this.#nodes.map(({ name, state }) => ({
        name,
        state,
        stats: this.#last.nodes.find(({ nodeId }) => nodeId === name)?.stats ?? {},
      })),
      tabs: this.#crowd.facts(),
      log: this.#log,
    }
  }

  /** What the buttons of the page do, each by its name and whom it is about; false for what is none of them. */
  async act(what: string, about: string): Promise<boolean> {
    const target = about === 'redis' ? this.#redis : this.#nodes.find(({ name }) => name === about)
    if (what === 'kill' && target) await target.kill()
    else if (what === 'start' && target) await target.start()
    else if (what === 'hang' && target) target.hang()
    else if (what === 'resume' && target) target.resume()
    else if (what === 'revoke' && users.includes(about)) return this.#revoke(about)
    else if (what === 'sign-in' && users.includes(about)) await this.#signIn(about)
    else return false
    this.#note(`${about}: ${what}`)
    return true
  }

  /** Tokens know whole seconds, so one that is made in the second of a revocation is revoked with the rest. */
  async #signIn(userId: string): Promise<void> {
    const second = Math.floor((this.#revokedAtMs.get(userId) ?? 0) / 1_000)
    const waitMs = (second + 1) * 1_000 - Date.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    this.#crowd.signIn(userId)
  }

  async #revoke(userId: string): Promise<boolean> {
    const open = this.#crowd.openOf(userId)
    const startMs = performance.now()
    const nowMs = Date.now()
    this.#revokedAtMs.set(userId, nowMs)
    const revocation = { userId, issuedBeforeMs: nowMs, marginMs: 0, expiresAtMs: nowMs + 3_600_000 }
    try {
      await this.#revocations.add(revocation)
    } catch {
      this.#note(`${userId}: not revoked, Redis does not answer; try again`)
      return true
    }
    const acknowledgedMs = performance.now() - startMs
    const endMs = performance.now() + 10_000
    while (this.#crowd.openOf(userId) > 0 && performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    const tookMs = performance.now() - startMs
    const left = this.#crowd.openOf(userId)
    this.#note(
      `${userId}: revoked. Acknowledged after ${acknowledgedMs.toFixed(1)} ms, ${open - left} of ${open} tabs closed after ${tookMs.toFixed(1)} ms`,
    )
    return true
  }

  #note(text: string): void {
    this.#log.unshift({ atMs: Date.now(), text })
    this.#log.splice(logLength)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#crowd.close()
    await this.#revocations.close()
    await this.#fleet.close()
    this.#client.destroy()
    for (const one of [this.#balancer, ...this.#nodes, this.#redis]) {
      one.resume()
      await one.kill()
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
