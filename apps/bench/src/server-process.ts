import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { pinned } from './cores.ts'
import type { Job } from './job.ts'
import type { PeerName } from './peers.ts'

export type Question = { readonly id: number } & (
  | { readonly ask: 'serve'; readonly peer: PeerName; readonly job: Job }
  | { readonly ask: 'usage' | 'memory' | 'objects' | 'facts' | 'delay-start' | 'delay-stop' }
)

export interface Answer {
  readonly id: number
  readonly value: unknown
}

/** CPU time of the whole process, its thread pool and collector included, and when it was read. */
export interface Usage {
  readonly cpuUs: number
  readonly atUs: number
}

export interface Memory {
  readonly rss: number
  /** JavaScript heap and what hangs off it. */
  readonly heap: number
}

export interface LoopDelay {
  readonly maxMs: number
  readonly p99Ms: number
}

type Ask = Question extends infer Q ? (Q extends Question ? Omit<Q, 'id'> : never) : never

const host: string = fileURLToPath(new URL('./host.ts', import.meta.url))
const startTimeoutMs = 30_000

/** One peer in a process of its own, on the servers' core. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly #waiting: Map<number, (value: unknown) => void> = new Map()
  readonly #died: Promise<never>
  #asked = 0
  port = 0

  private constructor(child: ChildProcess, peer: PeerName) {
    this.#child = child
    this.#died = new Promise((_, reject) =>
      child.once('exit', (code) => reject(new Error(`the server process of ${peer} ended with ${code}`))),
    )
    this.#died.catch(() => {})
    child.on('message', ({ id, value }: Answer) => {
      this.#waiting.get(id)?.(value)
      this.#waiting.delete(id)
    })
  }

  static async start(peer: PeerName, job: Job, nodeOptions: readonly string[] = []): Promise<ServerProcess> {
    const profile = process.env.BENCH_PROFILE
      ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`]
      : []
    const [command, ...rest] = pinned('server', [
      process.execPath,
      '--expose-gc',
      ...profile,
      ...nodeOptions,
      host,
    ])
    const child = spawn(command ?? process.execPath, rest, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production' },
    })
    const started = new ServerProcess(child, peer)
    const timer = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs)
    started.port = (await started.#ask({ ask: 'serve', peer, job })) as number
    clearTimeout(timer)
    return started
  }

  usage(): Promise<Usage> {
    return this.#ask({ ask: 'usage' }) as Promise<Usage>
  }

  memory(): Promise<Memory> {
    return this.#ask({ ask: 'memory' }) as Promise<Memory>
  }

  /** How many objects are alive, and their bytes. */
  objects(): Promise<{ readonly objects: number; readonly bytes: number }> {
    return this.#ask({ ask: 'objects' }) as Promise<{ objects: number; bytes: number }>
  }

  facts(): Promise<Readonly<Record<string, number>>> {
    return this.#ask({ ask: 'facts' }) as Promise<Readonly<Record<string, number>>>
  }

  async watchDelay(): Promise<() => Promise<LoopDelay>> {
    await this.#ask({ ask: 'delay-start' })
    return () => this.#ask({ ask: 'delay-stop' }) as Promise<LoopDelay>
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const gone = new Promise((resolve) => this.#child.once('exit', resolve))
    // A server that profiles writes its findings on a regular exit; the others have nothing to say.
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000)
    await gone
    clearTimeout(timer)
  }

  #ask(question: Ask): Promise<unknown> {
    const id = ++this.#asked
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve)
      // A server that has ended answers nothing any more.
      this.#died.catch(reject)
      this.#child.send({ id, ...question }, (error) => error && reject(error))
    })
  }
}
