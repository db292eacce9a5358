import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failures } from '@wsauth/protocol'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../src/free-port.ts'
import { requireProgram } from '../src/programs.ts'
import { root } from '../src/workspace.ts'

const readme = readFileSync(join(root, 'README.md'), 'utf8')
/** Every code block whose first line names its file, as a reader would paste it. */
const snippets = new Map(
  [...readme.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(([, name = '', code = '']) => [name, code]),
)

// Below this package, so that `@wsauth/…` resolves to what was built, as it would for a user.
mkdirSync(join(import.meta.dirname, '../reports'), { recursive: true })
const folder = mkdtempSync(join(import.meta.dirname, '../reports/readme-'))
const processes: ChildProcess[] = []
let port = 0

beforeAll(async () => {
  port = await freePort()
  // The port is the one thing that is not as it stands: two runs on one machine must not meet.
  for (const [name, code] of snippets) writeFileSync(join(folder, name), code.replaceAll('8080', `${port}`))
  run('server.mjs')
  await listening(port)
})

afterAll(() => {
  for (const child of processes) child.kill()
  rmSync(folder, { recursive: true })
})

describe('README', () => {
  it('has no snippet of more than 15 lines, and each is run below', () => {
    expect([...snippets.keys()]).toEqual(['server.mjs', 'browser.js', 'client.mjs', 'phone.js', 'graphql.js'])
    for (const [name, code] of snippets) expect(code.trim().split('\n').length, name).toBeLessThanOrEqual(15)
    expect(readme.match(/```(js|ts|javascript|typescript)\n/g)).toHaveLength(snippets.size)
  })

  it('shows the server on its own page as it is run here', () => {
    const page = readFileSync(join(root, 'packages/server/README.md'), 'utf8')
    expect(page).toContain(snippets.get('server.mjs'))
  })

  it('tells every failure as the table of the protocol has it', () => {
    for (const [error, { httpStatus, closeCode, reason }] of Object.entries(failures)) {
      const row = readme.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${error}\``))
      expect(row?.replace(/ +/g, ' '), error).toContain(
        `| ${httpStatus ?? '–'} | ${closeCode} | \`${reason}\` |`,
      )
    }
  })

  it('Node: prints the answer and leaves nothing behind that keeps the process alive', async () => {
    const { output, code } = await finished(run('client.mjs'))
    expect({ output, code }).toEqual({ output: 'ada says hello\n', code: 0 })
  })

  it('React Native: connects with the token of the session', async () => {
    const { connect: dial } = await import(pathToFileURL(join(folder, 'phone.js')).href)
    const accessToken = await (await fetch(`http://localhost:${port}/`)).text()
    const client = dial({ url: `ws://localhost:${port}/ws`, accessToken, renew: () => accessToken })
    await client.ready()
    const answer = new Promise((resolve) => client.on('message', resolve))
    client.send('hello')
    expect(await answer).toBe('ada says hello')
    client.close()
  })

  it('graphql-ws: subscribes through the class', async () => {
    const { graphql } = await import(pathToFileURL(join(folder, 'graphql.js')).href)
    const { AuthWebSocketServer } = await import('@wsauth/server')
    const { buildSchema } = await import('graphql')
    const { useServer } = await import('graphql-ws/use/ws')
    const server = createServer()
    const wss = new AuthWebSocketServer({
      server,
      auth: { verifier: (token: string) => ({ userId: token }) },
    })
    useServer(
      { schema: buildSchema('type Query { hello: String }'), roots: { query: { hello: () => 'world' } } },
      wss,
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const client = graphql(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, () => 'ada')
    const results = []
    for await (const { data } of client.iterate({ query: '{ hello }' })) results.push(data)
    expect(results).toEqual([{ hello: 'world' }])
    await client.dispose()
    wss.close()
    server.close()
  })

  const executablePath = requireProgram('chromium')
  it.runIf(executablePath)(
    'browser: shows the states and the answer on the console',
    async () => {
      const bundle = await build({
        entryPoints: [join(folder, 'browser.js')],
        bundle: true,
        format: 'esm',
        write: false,
      })
      // The reader's own web server, with the page, the script, and the log-in behind it.
      const app = createServer(async ({ url }, response) => {
        if (url === '/')
          return response
            .setHeader('Content-Type', 'text/html')
            .end('<script type="module" src="/browser.js"></script>')
        if (url === '/browser.js')
          return response.setHeader('Content-Type', 'text/javascript').end(bundle.outputFiles[0]?.text)
        return response.end(await (await fetch(`http://localhost:${port}${url}`)).text())
      })
      await new Promise<void>((resolve) => app.listen(0, 'localhost', resolve))
      const browser = await chromium.launch({
        ...(executablePath ? { executablePath } : {}),
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-background-networking',
        ],
      })
      try {
        const page = await browser.newPage()
        const lines: string[] = []
        const answered = page.waitForEvent('console', {
          predicate: (message) => lines.push(message.text()) > 0 && message.text() === 'ada says hello',
        })
        await page.goto(`http://localhost:${(app.address() as AddressInfo).port}/`)
        await answered
        expect(lines.filter((line) => !line.includes('favicon'))).toEqual([
          'connecting',
          'authenticating',
          'open',
          'ada says hello',
        ])
      } finally {
        await browser.close()
        app.close()
      }
    },
    60_000,
  )
})

function run(name: string): ChildProcess {
  const child = spawn(process.execPath, [join(folder, name)], { stdio: ['ignore', 'pipe', 'inherit'] })
  processes.push(child)
  return child
}

async function finished(child: ChildProcess): Promise<{ output: string; code: number | null }> {
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { output, code }
}

/** Resolves when something accepts connections there; the snippet has no way to say so itself. */
async function listening(at: number): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = connect(at, 'localhost')
      socket.on('connect', () => resolve(true)).on('error', () => setTimeout(resolve, 50, false))
      socket.on('connect', () => socket.destroy())
    })
    if (accepted) return
  }
  throw new Error(`Nothing listens on port ${at}`)
}
