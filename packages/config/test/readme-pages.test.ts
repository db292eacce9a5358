import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AuthWebSocketServer } from '@wsauth/server'
import { build } from 'esbuild'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireProgram } from '../src/programs.ts'
import { root } from '../src/workspace.ts'

const readme = readFileSync(join(root, 'packages/client/README.md'), 'utf8')
mkdirSync(join(import.meta.dirname, '../reports'), { recursive: true })
const folder = mkdtempSync(join(import.meta.dirname, '../reports/readme-pages-'))

/** A reader's own component around the hook; a click says hello, `signIn` is called with a user, or nothing. */
const feedPage = `
  import { StrictMode, useState } from 'react'
  import { createRoot } from 'react-dom/client'
  import { token } from './token.js'
  import { useFeed } from './use-feed.js'
  function Feed() {
    const { state, messages, send } = useFeed('ws://' + location.host + '/ws', token)
    return <p onClick={() => send('hello')}>{[state, ...messages].join(', ')}</p>
  }
  function App() {
    const [user, setUser] = useState('ada')
    window.signIn = setUser
    return user ? <Feed key={user} /> : <p>nobody</p>
  }
  createRoot(document.getElementById('app')).render(<StrictMode><App /></StrictMode>)`

async function bundled(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, name)],
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    // With it StrictMode does what it does while one develops: everything is mounted twice.
    define: { 'process.env.NODE_ENV': '"development"' },
    alias: { react: packageOf('react'), 'react-dom': packageOf('react-dom') },
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

function packageOf(name: 'react' | 'react-dom'): string {
  const main = name === 'react' ? import.meta.resolve('react') : import.meta.resolve('react-dom')
  return join(fileURLToPath(main), '..')
}

const executablePath = requireProgram('chromium')

describe.runIf(executablePath)('the README of the client, in a browser', () => {
  /** The reader's REST API and their server, behind one address. */
  const session: { user: string | undefined } = { user: 'ada' }
  let refreshes = 0
  const app = createServer(async ({ url = '/' }, response) => {
    if (url === '/auth/refresh') {
      refreshes++
      response.statusCode = session.user ? 200 : 401
      response.end(JSON.stringify(session.user ? { access_token: session.user } : { detail: 'Who?' }))
    } else if (url.endsWith('.js')) {
      response.setHeader('Content-Type', 'text/javascript').end(await bundled(`${url.slice(1, -3)}.jsx`))
    } else if (url === '/favicon.ico') response.writeHead(204).end()
    else {
      response.setHeader('Content-Type', 'text/html')
      response.end(`<div id="app"></div><script type="module" src="${url}.js"></script>`)
    }
  })
  const verifier = (userId: string) => ({ userId, issuedAt: Date.now() })
  const wss = new AuthWebSocketServer({ server: app, path: '/ws', auth: { verifier } })
  wss.on('connection', (socket) => {
    socket.send(`welcome ${socket.auth.userId}`)
    socket.on('message', (data) => socket.send(`${socket.auth.userId} says ${data}`))
  })
  let browser: Browser
  let page: Page
  let origin = ''

  beforeAll(async () => {
    await new Promise<void>((resolve) => app.listen(0, 'localhost', resolve))
    origin = `http://localhost:${(app.address() as AddressInfo).port}`
    const blocks = readme.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g)
    for (const [, name = '', code = ''] of blocks) {
      // The address is the one thing that is not as it stands.
      const own = code.replace('wss://api.example.com', origin.replace('http', 'ws'))
      writeFileSync(join(folder, name), own)
    }
    writeFileSync(join(folder, 'hook.jsx'), feedPage)
    writeFileSync(join(folder, 'plain.jsx'), "import './feed.js'")
    const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
    browser = await chromium.launch({
      ...(executablePath ? { executablePath } : {}),
      args: [...args, '--disable-background-networking'],
    })
    page = await browser.newPage()
  })

  afterAll(async () => {
    await browser?.close()
    app.close()
    wss.close()
    rmSync(folder, { recursive: true })
  })

  const shows = (text: string) =>
    page.waitForFunction((one) => document.body.textContent?.trim() === one, text)
  const signIn = async (user: string | undefined) => {
    session.user = user
    await page.evaluate((one) => (window as unknown as { signIn(user?: string): void }).signIn(one), user)
  }

  it('use-feed.js and token.js: StrictMode, another user, a log-out at the server, nobody', async () => {
    await page.goto(`${origin}/hook`)
    await shows('open, welcome ada')
    expect(refreshes).toBe(1)
    await page.click('p')
    await shows('open, welcome ada, ada says hello')
    await signIn('bob')
    await shows('open, welcome bob')
    await expect.poll(() => wss.stats().live).toBe(1)
    await wss.revoke({ userId: 'bob' })
    await shows('closed, welcome bob')
    await signIn('eve')
    await shows('open, welcome eve')
    await signIn(undefined)
    await shows('nobody')
    await expect.poll(() => wss.stats().live).toBe(0)
  })

  it('feed.js and token.js: the answer on the console, and an end where nobody is signed in', async () => {
    const lines: string[] = []
    page.on('console', (message) => lines.push(message.text()))
    session.user = 'ada'
    await page.goto(`${origin}/plain`)
    await expect.poll(() => lines).toEqual(['welcome ada', 'ada says hello'])
    session.user = undefined
    await page.reload()
    await expect.poll(() => lines).toContain('No token stop undefined')
  })
})
