import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../../packages/config/src/free-port.ts'
import { type Certificate, makeCertificate } from './certificate.ts'

export interface RunningProxy {
  readonly port: number
  readonly certificate: Certificate
  /** Stops it and gives everything that it logged: access and errors. */
  stop(): Promise<string>
}

/** A real nginx or HAProxy on a free loopback port, run in the foreground on the recipe of `proxies/`, `edit`ed. */
export async function startProxy(
  name: 'nginx' | 'haproxy',
  program: string,
  serverPort: number,
  edit: (recipe: string) => string = (recipe) => recipe,
): Promise<RunningProxy> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`))
  // nginx gives up its rights, and its workers write their temporary files here.
  await chmod(folder, 0o777)
  const certificate = await makeCertificate(folder)
  const port = await freePort()
  const recipe = fileURLToPath(new URL(`../../proxies/${configurations[name]}`, import.meta.url))
  const file = join(folder, configurations[name])
  const values: Record<string, string> = {
    LOGS: folder,
    CERTIFICATES: folder,
    PROXY_PORT: String(port),
    SERVER_PORT: String(serverPort),
  }
  const text = edit(await readFile(recipe, 'utf8'))
  // HAProxy fills in what stands in its environment; nginx does not.
  const filledIn = text.replace(/\$\{([A-Z_]+)\}/g, (_, key: string) => values[key] ?? '')
  await writeFile(file, name === 'nginx' ? filledIn : text)

  const child = spawn(program, argumentsOf[name](folder, file), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...values },
  })
  let output = ''
  child.stdout?.on('data', (chunk) => (output += chunk))
  child.stderr?.on('data', (chunk) => (output += chunk))
  const exited = once(child, 'close')
  await Promise.race([
    listening(port, child),
    exited.then(() => Promise.reject(new Error(`${name} ended: ${output}`))),
  ])

  async function stop(): Promise<string> {
    // Both finish what they have and write their last line of log; a connection that lingers is not waited for.
    child.kill(name === 'nginx' ? 'SIGQUIT' : 'SIGUSR1')
    const impatient = setTimeout(() => child.kill('SIGTERM'), 3_000)
    await exited
    clearTimeout(impatient)
    const logs = (await readdir(folder)).filter((entry) => entry.endsWith('.log'))
    const texts = await Promise.all(logs.map((entry) => readFile(join(folder, entry), 'utf8')))
    await rm(folder, { recursive: true })
    return [output, ...texts].join('\n')
  }
  return { port, certificate, stop }
}

const configurations = { nginx: 'nginx.conf', haproxy: 'haproxy.cfg' } as const

const argumentsOf = {
  nginx: (folder: string, file: string) => [
    '-p',
    folder,
    '-c',
    file,
    '-g',
    'daemon off;',
    '-e',
    join(folder, 'start.log'),
  ],
  haproxy: (_folder: string, file: string) => ['-db', '-f', file],
}

/** Resolves once the port answers: neither program says in a portable way that it is ready. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const socket = connect(port, '127.0.0.1')
    const answered = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
