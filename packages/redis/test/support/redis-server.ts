import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../config/src/free-port.ts'
import { requireProgram } from '../../../config/src/programs.ts'

export interface RedisServerOptions {
  /** `snapshot`: RDB, written at each `save()`. `aof`: every write, before it is answered. Default: nothing is kept. */
  readonly persistence?: 'none' | 'snapshot' | 'aof'
  /** More of what redis.conf knows, as `['--maxmemory-policy', 'allkeys-lru']`. */
  readonly args?: readonly string[]
}

/** A Redis of a test's own, on a free port of the loopback, in a folder of its own, that can be treated badly. */
export class RedisServer {
  readonly port: number
  readonly #folder: string
  readonly #args: readonly string[]
  #process: ChildProcess | undefined

  private constructor(port: number, folder: string, args: readonly string[]) {
    this.port = port
    this.#folder = folder
    this.#args = args
  }

  static async start({ persistence = 'none', args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
    const kept = {
      none: ['--save', '', '--appendonly', 'no'],
      // 3600 1: so rarely that only `save()` writes.
      snapshot: ['--save', '3600 1000000', '--appendonly', 'no'],
      aof: ['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'],
    }[persistence]
    const folder = mkdtempSync(join(tmpdir(), 'wsauth-redis-'))
    const server = new RedisServer(await freePort(), folder, [...kept, ...args])
    await server.restart()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** A Sentinel that watches `primary`, and promotes a replica of it within a second or two of its death. */
  static async sentinelOf(primary: RedisServer, name: string): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), 'wsauth-sentinel-'))
    const file = join(folder, 'sentinel.conf')
    const lines = [
      `sentinel monitor ${name} 127.0.0.1 ${primary.port} 1`,
      `sentinel down-after-milliseconds ${name} 300`,
      `sentinel failover-timeout ${name} 2000`,
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    const server = new RedisServer(await freePort(), folder, [file, '--sentinel'])
    await server.restart()
    return server
  }

  /** Starts the process on the port and the data that it had. */
  async restart(): Promise<void> {
    const program = requireProgram('redis-server')
    if (program === undefined) throw new Error('redis-server is missing; guard the suite with hasRedis')
    const fixed = [
      '--port',
      `${this.port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      this.#folder,
      '--daemonize',
      'no',
    ]
    const quick = [
      '--repl-diskless-sync-delay',
      '0',
      '--repl-timeout',
      '5',
      '--enable-debug-command',
      'local',
    ]
    const isSentinel = this.#args.includes('--sentinel')
    const args = isSentinel ? [...this.#args, ...fixed] : [...fixed, ...quick, ...this.#args]
    this.#process = spawn(program, args, { stdio: 'ignore' })
    await until(async () => (await this.command('PING')) === '+PONG', 10_000, 'Redis to start')
  }

  /** kill -9, as a crash or the OOM killer would. */
  async kill(): Promise<void> {
    const killed = this.#process
    this.#process = undefined
    if (!killed || killed.exitCode !== null) return
    const exit = once(killed, 'exit')
    killed.kill('SIGKILL')
    await exit
  }

  /** SIGSTOP: connections stay open and nothing is answered. */
  hang(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** Writes the snapshot that a restart will find. */
  async save(): Promise<void> {
    await this.command('SAVE')
  }

  /** Follows another server, until its data is there. */
  async replicate(primary: RedisServer): Promise<void> {
    await this.command('REPLICAOF', '127.0.0.1', `${primary.port}`)
    await until(
      async () => (await this.command('INFO', 'replication')).includes('master_link_status:up'),
      20_000,
      'the replica to follow',
    )
  }

  async promote(): Promise<void> {
    await this.command('REPLICAOF', 'NO', 'ONE')
  }

  /** Answers at another port as well, as when an address moves to it. */
  async listenAt(port: number): Promise<AsyncDisposable & { readonly port: number }> {
    const sockets = new Set<Socket>()
    const proxy = createServer((socket) => {
      const upstream = connect(this.port, '127.0.0.1')
      for (const one of [socket, upstream]) {
        sockets.add(one)
        one.on('error', () => {})
        one.on('close', () => {
          socket.destroy()
          upstream.destroy()
        })
      }
      socket.pipe(upstream).pipe(socket)
    }).listen(port, '127.0.0.1')
    await once(proxy, 'listening')
    return {
      port,
      [Symbol.asyncDispose]: async () => {
        proxy.close()
        for (const socket of sockets) socket.destroy()
      },
    }
  }

  /** One command on a connection of its own; the raw reply, or '' where nobody answers. */
  command(...words: string[]): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1')
      let reply = ''
      socket.setTimeout(5_000, () => socket.destroy())
      socket.on('connect', () => socket.write(encoded(words)))
      socket.on('data', (chunk) => {
        reply += chunk.toString('latin1')
        if (isComplete(reply)) socket.destroy()
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(reply.trim()))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume()
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Whether suites that need Redis can run; with `CI=true` they must, and this throws. */
export const hasRedis: boolean = requireProgram('redis-server') !== undefined

/** Looks again and again until something is so, and fails with its name when it takes too long. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  withinMs: number,
  what: string,
): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`waited ${withinMs} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function encoded(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}

function isComplete(reply: string): boolean {
  return endOf(reply, 0) !== undefined
}

/** Where the reply that begins at `start` ends (RESP 2); `undefined` while it is not all there. */
function endOf(reply: string, start: number): number | undefined {
  const lineEnd = reply.indexOf('\r\n', start)
  if (lineEnd < 0) return undefined
  const count = Number(reply.slice(start + 1, lineEnd))
  let end: number | undefined = lineEnd + 2
  if (reply[start] === '$' && count >= 0) end += count + 2
  if (reply[start] === '*') for (let n = 0; n < count && end !== undefined; n++) end = endOf(reply, end)
  return end === undefined || end > reply.length ? undefined : end
}
