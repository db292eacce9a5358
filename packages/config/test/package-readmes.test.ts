import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AuthClient, query, ticket } from '@wsauth/client'
import { AuthWebSocketServer, firstMessage, query as queryMethod, tokenIssuer } from '@wsauth/server'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { root } from '../src/workspace.ts'

const readmeOf = (name: string): string => readFileSync(join(root, `packages/${name}/README.md`), 'utf8')
const pages = ['client', 'server'].map(readmeOf)
/** Every code block whose first line names its file, as a reader would paste it. */
const snippets = new Map(
  pages.flatMap((page) =>
    [...page.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(([, name = '', code = '']) => [name, code]),
  ),
)

// Below this package, so that `@wsauth/…` resolves to what was built, as it would for a user.
mkdirSync(join(import.meta.dirname, '../reports'), { recursive: true })
const folder = mkdtempSync(join(import.meta.dirname, '../reports/package-readmes-'))
afterAll(() => rmSync(folder, { recursive: true }))
for (const [name, code] of snippets) write(name, code)

function write(name: string, code: string): string {
  const path = join(folder, name)
  writeFileSync(path, code)
  return path
}

/** What a snippet exports. */
function load<T>(name: string): Promise<T> {
  return import(pathToFileURL(join(folder, name)).href)
}

async function listening(listener?: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { server, port: (server.address() as AddressInfo).port }
}

function run(...args: string[]): { child: ChildProcess; ended: Promise<unknown> } {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, ended: once(child, 'exit').then(([code]) => code) }
}

const names = [
  ...['feed.js', 'token.js', 'use-feed.js', 'app-state.js', 'graphql-client.js'],
  ...[
    'server.mjs',
    'hocuspocus.js',
    'tickets.js',
    'identity-provider.js',
    'leave.js',
    'metrics.js',
    'old-ways.js',
    'chat.test.mjs',
  ],
]

describe('the READMEs of client and server', () => {
  it('have no snippet of more than 20 lines, and none that is not run here or in readme.test.ts', () => {
    // feed.js, token.js and use-feed.js are run by readme-pages.test.ts, server.mjs by readme.test.ts,
    // hocuspocus.js by apps/interop.
    expect([...snippets.keys()]).toEqual(names)
    for (const [name, code] of snippets) expect(code.trim().split('\n').length, name).toBeLessThanOrEqual(20)
    const blocks = pages.flatMap((page) => page.match(/```(js|jsx|ts|tsx|javascript|typescript)\n/g))
    expect(blocks).toHaveLength(names.length)
  })

  it.each([
    [
      'client',
      'options.ts',
      /^ {2}readonly (\w+)\??:/gm,
      /interface (ConnectionOptions|AuthClientOptions)\b/,
    ],
    ['client', 'events.ts', /^ {2}(\w+): \(/gm, /interface ClientEvents\b/],
    ['server', 'options.ts', /^ {2}readonly (\w+)\??:/gm, /interface (Limits|AuthOptions)\b/],
    ['server', 'events.ts', /^ {2}(\w+): \w+Event$/gm, /interface AuthEvents\b/],
  ])('name everything that there is: %s, %s', (name, file, member, title) => {
    const source = readFileSync(join(root, `packages/${name}/src/${file}`), 'utf8')
    const bodies = source.split(/^export /m).filter((part) => title.test(part))
    const members = bodies.flatMap((body) => [...body.matchAll(member)].map(([, one = '']) => one))
    expect(members.length).toBeGreaterThan(4)
    // The clock is for tests, and stands where they do.
    const page = readmeOf(name).replace('`auth.clock`', '`clock`')
    expect(members.filter((one) => !page.includes(`\`${one}\``))).toEqual([])
  })

  it.each(['client', 'protocol', 'redis', 'server'])('name everything that is exported: %s', (name) => {
    const source = readFileSync(join(root, `packages/${name}/src/index.ts`), 'utf8').replace(/\/\/.*$/gm, '')
    const lists = [...source.matchAll(/export \{([^}]*)\}/g)].map(([, list = '']) => list)
    const values = lists.flatMap((list) => list.split(',')).map((one) => one.trim())
    const names = values.filter((one) => /^[a-z]\w+$/i.test(one))
    expect(names.length).toBeGreaterThan(3)
    const page = readmeOf(name)
    expect(names.filter((one) => !new RegExp(`\\b${one}\\b`).test(page))).toEqual([])
  })

  it('app-state.js: a phone in the background is closed, and dials when it is back', async () => {
    mkdirSync(join(folder, 'node_modules/react-native'), { recursive: true })
    const listeners = 'export const listeners = []\n'
    const appState = 'export const AppState = { addEventListener: (_, one) => listeners.push(one) }\n'
    write('node_modules/react-native/package.json', '{"type":"module","main":"index.js"}')
    write('node_modules/react-native/index.js', listeners + appState)
    const { followAppState } = await load<{ followAppState(client: AuthClient): void }>('app-state.js')
    const phone = await load<{ listeners: ((state: string) => void)[] }>('node_modules/react-native/index.js')
    const { server, port } = await listening()
    new AuthWebSocketServer({ server, auth: { verifier: (token: string) => ({ userId: token }) } })
    const client = new AuthClient(`ws://127.0.0.1:${port}`, { token: 'ada' })
    onTestFinished(() => client.close())
    followAppState(client)
    const become = (state: string) => phone.listeners.forEach((listener) => void listener(state))
    await client.ready()
    become('inactive')
    expect(client.state).toBe('open')
    become('background')
    expect(client.state).toBe('closed')
    become('active')
    await client.ready()
  })

  it('graphql-client.js: a token that has ended is replaced, a second bad one is the end', async () => {
    const { buildSchema } = await import('graphql')
    const { useServer } = await import('graphql-ws/use/ws')
    const { server, port } = await listening()
    const { AuthError } = await import('@wsauth/server')
    const verifier = (token: string) => {
      if (token === 'good') return { userId: 'ada' }
      throw new AuthError('invalid_token')
    }
    const wss = new AuthWebSocketServer({ server, auth: { verifier } })
    // As the server's page has it.
    const context = ({ extra }: { extra: { socket: { auth: { userId: string } } } }) => ({
      userId: extra.socket.auth.userId,
    })
    expect(readmeOf('server')).toContain('context: ({ extra }) => ({ userId: extra.socket.auth.userId })')
    const schema = buildSchema('type Query { me: String }')
    const roots = { query: { me: (_: unknown, { userId }: { userId: string }) => userId } }
    useServer({ schema, roots, context } as never, wss)
    type Client = ReturnType<typeof import('graphql-ws').createClient>
    const { graphql } = await load<{ graphql(url: string, token: () => string): Client }>('graphql-client.js')
    const ask = async (...tokens: string[]) => {
      const token = vi.fn(() => tokens.shift() ?? 'none left')
      const client = graphql(`ws://127.0.0.1:${port}`, token)
      onTestFinished(() => void client.dispose())
      try {
        const { value } = await client.iterate({ query: '{ me }' }).next()
        return { me: value.data.me, asked: token.mock.calls.length }
      } catch (error) {
        return { action: Object(error).action, asked: token.mock.calls.length }
      }
    }
    // At once, since graphql-ws waits a second or more before it tries again.
    expect(await Promise.all([ask('stale', 'good'), ask('stale', 'stale as well')])).toEqual([
      { me: 'ada', asked: 2 },
      { action: 'stop', asked: 2 },
    ])
  })

  it('tickets.js: a token gives a ticket, which opens one connection', async () => {
    const { withTickets } = await load<{
      withTickets(app: object, server: Server, verifier: (token: string) => object): AuthWebSocketServer
    }>('tickets.js')
    const routes = new Map<string, RequestListener>()
    const app = { all: (path: string, handler: RequestListener) => routes.set(path, handler) }
    const { server, port } = await listening((request, response) =>
      routes.get(request.url ?? '')?.(request, response),
    )
    withTickets(app, server, (token) => ({ userId: token, expiresAt: Date.now() + 60_000 }))
    const endpoint = `http://127.0.0.1:${port}/ticket`
    const client = new AuthClient(`ws://127.0.0.1:${port}/ws`, { token: 'ada', method: ticket({ endpoint }) })
    onTestFinished(() => client.close())
    await client.ready()
    expect(client.userId).toBe('ada')
  })

  it('identity-provider.js: takes a token of a provider that is discovered', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: '1', alg: 'RS256', use: 'sig' }
    const { port } = await listening(({ url }, response) => {
      const provider = `http://127.0.0.1:${port}`
      const discovery = { issuer: provider, jwks_uri: `${provider}/certs` }
      const isDiscovery = url === '/.well-known/openid-configuration'
      response.end(JSON.stringify(isDiscovery ? discovery : { keys: [jwk] }))
    })
    const issuer = `http://127.0.0.1:${port}`
    type Verify = (token: string) => Promise<{ userId: string; sessionId: string }>
    const { verifierOf } = await load<{ verifierOf(issuer: string, audience: string): Promise<Verify> }>(
      'identity-provider.js',
    )
    const verify = await verifierOf(issuer, 'chat')
    const { issue } = tokenIssuer({
      key: privateKey,
      algorithm: 'RS256',
      issuer,
      audience: 'chat',
      keyId: '1',
    })
    const token = await issue({ userId: 'ada', sessionId: 's1' })
    expect(await verify(token)).toMatchObject({ userId: 'ada', sessionId: 's1' })
  })

  it('leave.js: on SIGTERM clients are told to come back, and the process ends by itself', async () => {
    // The time is the one thing that is not as it stands.
    write('leave.js', (snippets.get('leave.js') ?? '').replace('20_000', '100'))
    const main = `
      import { createServer } from 'node:http'
      import { AuthWebSocketServer } from '@wsauth/server'
      import { leaveOnSigterm } from './leave.js'
      const server = createServer()
      leaveOnSigterm(server, new AuthWebSocketServer({ server, auth: { verifier: (userId) => ({ userId }) } }))
      server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
    const { child, ended } = run(write('leave-main.mjs', main))
    const [port] = await once(child.stdout ?? child, 'data')
    const client = new AuthClient(`ws://127.0.0.1:${Number(String(port))}`, { token: 'ada' })
    onTestFinished(() => client.close())
    await client.ready()
    const closed = new Promise((resolve) => client.once('close', resolve))
    child.kill('SIGTERM')
    expect(await closed).toMatchObject({ code: 1012, action: 'retry' })
    expect(await ended).toBe(0)
  })

  it('metrics.js and old-ways.js: who is here, who was refused, and how they came', async () => {
    const { metrics } = await load<{ metrics(wss: AuthWebSocketServer): string }>('metrics.js')
    const { countWays } = await load<{ countWays(wss: AuthWebSocketServer): unknown }>('old-ways.js')
    const { server, port } = await listening()
    const methods = [
      firstMessage(),
      queryMethod({ maxRemainingLifeMs: Infinity }),
      queryMethod({ param: 'authorization', maxRemainingLifeMs: Infinity }),
    ]
    for (const each of ['query({ maxRemaining', "query({ param: 'authorization', maxRemaining"])
      expect(readmeOf('server')).toContain(`${each}LifeMs: Infinity })`)
    const verifier = (token: string) => (token === 'bad' ? (undefined as never) : { userId: token })
    const wss = new AuthWebSocketServer({ server, auth: { verifier, methods } })
    const ways = countWays(wss)
    const url = `ws://127.0.0.1:${port}`
    const old = { version: 0, reconnect: false } as const
    const clients = [
      new AuthClient(url, { token: 'ada' }),
      new AuthClient(url, { ...old, token: 'bob', method: query() }),
      new AuthClient(url, { ...old, token: 'eve', method: query({ param: 'authorization' }) }),
    ]
    onTestFinished(() => clients.forEach((client) => void client.close()))
    for (const client of clients) await client.ready()
    const bad = new AuthClient(url, { token: 'bad', reconnect: false })
    await expect(bad.ready()).rejects.toThrow()
    expect(ways).toEqual({ 'firstMessage v1': 1, 'query v0': 2 })
    // Who is refused counts as pending until the socket is closed.
    await expect
      .poll(() => metrics(wss))
      .toBe(
        'wsauth_live 3\nwsauth_pending 0\nwsauth_admitted_total 3\nwsauth_refused_total{error="invalid_token"} 1\n',
      )
  })

  it('chat.test.mjs: is a test that passes', async () => {
    expect(await run('--test', join(folder, 'chat.test.mjs')).ended).toBe(0)
  })
})
