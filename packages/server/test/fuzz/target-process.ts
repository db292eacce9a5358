import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Question, Report } from './report.ts'

/** A server in a process of its own, so that its end is seen. */
export class TargetProcess {
  readonly #child: ChildProcess
  readonly port: number
  #stderr = ''
  /** How it ended, where nobody told it to. */
  died: string | undefined

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    child.stderr?.on('data', (chunk) => {
      this.#stderr = `${this.#stderr}${chunk}`.slice(-4_000)
    })
    child.on('exit', (code, signal) => {
      if (!child.killed) this.died = `the server ended with ${signal ?? code}: ${this.#stderr}`
    })
  }

  static async start(): Promise<TargetProcess> {
    const child = fork(new URL('./target.ts', import.meta.url), {
      execArgv: ['--conditions=wsauth:source', '--expose-gc'],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    })
    const [port] = await once(child, 'message')
    return new TargetProcess(child, port)
  }

  async report(question: Question = 'report'): Promise<Report> {
    const over = new AbortController()
    const { signal } = over
    try {
      const answer = once(this.#child, 'message', { signal })
      const exit = once(this.#child, 'exit', { signal }).then(() => [])
      this.#ask(question)
      const [report] = await Promise.race([answer, exit])
      if (!report) throw new Error(this.died ?? 'the server is gone')
      return report
    } finally {
      over.abort()
    }
  }

  async stop(): Promise<void> {
    if (this.died !== undefined) return
    const exit = once(this.#child, 'exit')
    this.#child.kill()
    await exit
  }

  #ask(question: Question): void {
    if (this.#child.connected) this.#child.send(question)
  }
}
