import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/server/main.ts', import.meta.url))

export interface RunningDemo {
  readonly url: string
  /** Presses Ctrl-C; gives the exit code. */
  stop(): Promise<number | null>
  /** Everything that it printed so far. */
  output(): string
}

/** Starts the demo as its user does, on a free port and with accounts that are forgotten. */
export async function startDemo(env: NodeJS.ProcessEnv = {}): Promise<RunningDemo> {
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, PORT: '0', DATA: ':memory:', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += String(chunk)
      const [address] = /http:\/\/\S+/.exec(output) ?? []
      if (address) resolve(address)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void ended.then(() => reject(new Error(`The demo did not start:\n${output}`)))
  })
  return { url, output: () => output, stop: () => stop(child, ended) }
}

async function stop(child: ChildProcess, ended: Promise<unknown[]>): Promise<number | null> {
  child.kill('SIGINT')
  await ended
  return child.exitCode
}
