import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'

export type ProcessState = 'up' | 'hung' | 'down'

/** A program that can be killed, started again, and made to hang. */
export class ManagedProcess {
  readonly name: string
  readonly port: number
  readonly #command: readonly [string, ...string[]]
  readonly #environment: Readonly<Record<string, string>>
  #process: ChildProcess | undefined
  #isHung = false

  constructor(
    name: string,
    port: number,
    command: readonly [string, ...string[]],
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.name = name
    this.port = port
    this.#command = command
    this.#environment = environment
  }

  get state(): ProcessState {
    if (!this.#process) return 'down'
    return this.#isHung ? 'hung' : 'up'
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Resolves when the port takes connections. */
  async start(): Promise<void> {
    if (this.#process) return
    const [program, ...args] = this.#command
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...this.#environment },
    })
    this.#process = child
    this.#isHung = false
    child.once('exit', () => {
      if (this.#process === child) this.#process = undefined
    })
    const endMs = performance.now() + 15_000
    while (!(await takesConnections(this.port))) {
      if (this.#process !== child) throw new Error(`${this.name} ended before it was there`)
      if (performance.now() > endMs) throw new Error(`${this.name} took longer than 15 s to start`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const child = this.#process
    if (!child) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }

  hang(): void {
    this.#isHung = this.#process?.kill('SIGSTOP') === true
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
    this.#isHung = false
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
