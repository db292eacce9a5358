import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { type RuntimeName, requireRuntime } from './runtimes.ts'

/** A program that runs, or ran. */
export interface Running {
  /** What it has written to standard output, line by line. */
  readonly lines: readonly string[]
  /** Resolves with the first line, of those there are and those to come, that matches. */
  line(pattern: RegExp): Promise<string>
  /** Resolves with what it wrote to standard error, and how it ended: nobody ends it but itself. */
  ended(): Promise<{ readonly code: number | null; readonly errors: string }>
}

/** What stands before the file on the command line. Deno is allowed what a server needs, and no more. */
const flags: Partial<Record<RuntimeName, readonly string[]>> = {
  deno: ['run', '--quiet', '--no-remote', '--no-prompt', '--allow-net', '--allow-read', '--allow-env'],
}

/** Runs a file of `programs/` in a runtime. */
export function runIn(name: RuntimeName, file: string, environment: Record<string, string> = {}): Running {
  const path = join(import.meta.dirname, 'programs', file)
  return start(requireRuntime(name) ?? name, [...(flags[name] ?? []), path], environment)
}

/** Starts a program; what is left of it when the test is over is ended. */
export function start(
  command: string,
  args: readonly string[],
  environment: Record<string, string>,
): Running {
  const child = spawn(command, args, {
    // The application's own surroundings, without those of the tests: NODE_OPTIONS, NODE_ENV and the like.
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      NO_COLOR: '1',
      DENO_DIR: join(tmpdir(), 'wsauth-deno'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return listen(child)
}

function listen(child: ChildProcess): Running {
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('its output is not ours')
  const lines: string[] = []
  let errors = ''
  const waiting = new Set<() => void>()
  stderr.on('data', (chunk) => {
    errors += chunk
  })
  createInterface(stdout).on('line', (line) => {
    lines.push(line)
    for (const look of waiting) look()
  })
  // Bound before anybody asks: a program may be done by then.
  const closed = once(child, 'close')
  return {
    lines,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((line) => pattern.test(line))
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
        closed.then(() =>
          reject(new Error(`it ended and did not say ${pattern}: ${lines.join('\n')}\n${errors}`)),
        )
      }),
    ended: async () => {
      const [code] = await closed
      return { code, errors }
    },
  }
}
