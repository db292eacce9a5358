import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningDemo, startDemo } from './start-demo.ts'

const password = 'correct horse battery'

describe('the demo over HTTP', () => {
  let demo: RunningDemo

  beforeAll(async () => {
    demo = await startDemo()
  }, 30_000)
  afterAll(() => demo?.stop(), 30_000)

  interface Answer {
    readonly status: number
    readonly body: Record<string, unknown>
    /** Name to value, of what was set. */
    readonly cookies: Readonly<Record<string, string>>
    readonly setCookie: readonly string[]
  }

  async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(demo.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: demo.url, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const setCookie = response.headers.getSetCookie()
    const cookies = Object.fromEntries(setCookie.map((line) => line.split(';', 1).join('').split('=')))
    const text = await response.text()
    return { status: response.status, body: text === '' ? {} : JSON.parse(text), cookies, setCookie }
  }

  it('signs up, and keeps the refresh token where no script and no other page can have it', async () => {
    const { status, body, cookies, setCookie } = await post('/auth/sign-up', { name: 'carol', password })
    expect(status).toBe(200)
    expect(body.user).toEqual({ id: expect.any(String), name: 'carol', admin: true })
    expect(setCookie.length).toBe(2)
    for (const line of setCookie) expect(line).toMatch(/HttpOnly; SameSite=Strict/i)
    for (const line of setCookie) expect(line).toContain('Path=/auth')
    expect(JSON.stringify(body)).not.toContain(cookies.refresh)
  })

  it.each([
    ['a foreign page', { Origin: 'https://evil.example' }, 403],
    ['a page that hides where it is from', { Origin: 'null' }, 403],
    ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 400],
    ['a form that says it is text', { 'Content-Type': 'text/plain' }, 400],
    ['a type that only looks like JSON', { 'Content-Type': 'application/jsonp' }, 400],
  ])('refuses %s', async (_, headers, status) => {
    expect((await post('/auth/sign-up', { name: 'mallory', password }, headers)).status).toBe(status)
  })

  it.each([
    ['no JSON', '{', 400],
    ['nothing', '', 400],
    ['an array', [], 400],
    ['null', 'null', 400],
    ['a name that is a number', { name: 5, password }, 400],
    ['a name that is markup', { name: '<b>x</b>', password }, 400],
    ['a short name', { name: 'x', password }, 400],
    ['a long name', { name: 'x'.repeat(25), password }, 400],
    ['a short password', { name: 'dave', password: '1234567' }, 400],
    ['a long password', { name: 'dave', password: 'x'.repeat(257) }, 400],
    ['more than 4 KiB', { name: 'dave', password, more: 'x'.repeat(4_096) }, 400],
    ['a name that is taken, in other letters', { name: 'CAROL', password }, 409],
  ])('refuses %s', async (_, body, status) => {
    expect((await post('/auth/sign-up', body)).status).toBe(status)
  })

  it('says the same of a wrong password and an unknown name', async () => {
    const wrong = await post('/auth/log-in', { name: 'carol', password: 'something else' })
    const unknown = await post('/auth/log-in', { name: 'nobody', password: 'something else' })
    expect(wrong).toEqual(unknown)
    expect(wrong.status).toBe(401)
  })

  it('replaces the refresh token each time, and ends the session when a used one turns up', async () => {
    const first = await post('/auth/log-in', { name: 'carol', password })
    const cookie = (answer: Answer): Record<string, string> => ({
      Cookie: `refresh=${answer.cookies.refresh}`,
    })
    const second = await post('/auth/refresh', {}, cookie(first))
    expect(second.status).toBe(200)
    const third = await post('/auth/refresh', {}, cookie(second))
    const { socket } = await openSocket(String(third.body.accessToken))
    const closed = once(socket, 'close')
    expect((await post('/auth/refresh', {}, cookie(first))).status).toBe(401)
    expect((await post('/auth/refresh', {}, cookie(third))).status).toBe(401)
    expect(await closed).toMatchObject([{ code: 4004, reason: 'Session revoked' }])
  })

  it('lets nobody press a button of the lab without a token, or cut somebody else', async () => {
    const token = String((await post('/auth/sign-up', { name: 'erin', password })).body.accessToken)
    const bearer = { Authorization: `Bearer ${token}` }
    expect((await post('/lab/cut', {})).status).toBe(401)
    expect((await post('/lab/restart', {}, { Authorization: 'Bearer x.y.z' })).status).toBe(401)
    expect((await post('/lab/cut', { connection: 'somebody' }, bearer)).status).toBe(404)
    const other = String((await post('/auth/log-in', { name: 'carol', password })).body.accessToken)
    const { socket, connection } = await openSocket(other)
    const closed = once(socket, 'close')
    expect((await post('/lab/cut', { connection }, bearer)).status).toBe(404)
    expect(socket.readyState).toBe(WebSocket.OPEN)
    expect((await post('/lab/cut', { connection }, { Authorization: `Bearer ${other}` })).status).toBe(204)
    expect(await closed).toMatchObject([{ code: 1006 }])
  })

  it('forgets no log-out that comes while the server restarts', async () => {
    const { body, cookies } = await post('/auth/sign-up', { name: 'grace', password })
    const { host, hostname, port } = new URL(demo.url)
    const request = (path: string, header: string): string =>
      [`POST ${path} HTTP/1.1`, `Host: ${host}`, `Origin: ${demo.url}`, header]
        .concat('Content-Type: application/json', 'Content-Length: 2', '', '{}')
        .join('\r\n')
    // On one connection, the second right behind the first: it is answered by a server that closes already.
    const wire = connect(Number(port), hostname)
    wire.write(
      request('/lab/restart', `Authorization: Bearer ${body.accessToken}`) +
        request('/auth/log-out', `Cookie: refresh=${cookies.refresh}`),
    )
    let answers = ''
    wire.on('data', (chunk) => {
      answers += String(chunk)
    })
    await once(wire, 'close')
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 202', 'HTTP/1.1 204'])
    await expect
      .poll(
        () =>
          fetch(demo.url)
            .then(({ ok }) => ok)
            .catch(() => false),
        { timeout: 10_000 },
      )
      .toBe(true)
    const socket = new WebSocket(`${demo.url.replace('http', 'ws')}/ws`)
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'auth', token: body.accessToken }))
    const [{ data }] = await once(socket, 'message')
    expect(JSON.parse(data)).toEqual({ type: 'auth_fail' })
  })

  it('serves its page under a policy that allows its own files and nothing else', async () => {
    const response = await fetch(demo.url)
    const policy = response.headers.get('Content-Security-Policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|\*/)
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect((await fetch(`${demo.url}/auth/status`)).headers.get('Cache-Control')).toBe('no-store')
  })

  it.each([
    '/../package.json',
    '/%2e%2e/package.json',
    '/..%2fpackage.json',
    '/assets/',
    '/data/demo.sqlite',
  ])('does not serve %s', async (path) => {
    expect((await fetch(demo.url + path)).status).toBe(404)
  })

  it('slows down guessing, and still lets the owner in', async () => {
    const owner = await post('/auth/sign-up', { name: 'frank', password })
    const guess = { name: 'frank', password: 'a wrong guess' }
    const answers = await Promise.all(Array.from({ length: 11 }, () => post('/auth/log-in', guess)))
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(1)
    const device = { Cookie: `device=${owner.cookies.device}` }
    expect((await post('/auth/log-in', { name: 'frank', password }, device)).status).toBe(200)
  })

  /** A socket that is signed in, and what the room calls its connection. */
  async function openSocket(token: string): Promise<{ socket: WebSocket; connection: string }> {
    const socket = new WebSocket(`${demo.url.replace('http', 'ws')}/ws`)
    const heard: string[] = []
    // From the start: the answer and the welcome may come at once.
    socket.addEventListener('message', ({ data }) => heard.push(data))
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'auth', token }))
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBeGreaterThan(1)
    const [answer = '', welcome = ''] = heard
    expect(JSON.parse(answer)).toMatchObject({ type: 'auth_ok' })
    return { socket, connection: String(JSON.parse(welcome).connection) }
  }
})

describe('Ctrl-C', () => {
  it('closes each socket with 1001 and ends with exit code 0', async () => {
    const demo = await startDemo()
    const headers = { 'Content-Type': 'application/json', Origin: demo.url }
    const body = JSON.stringify({ name: 'carol', password })
    const { accessToken } = await (
      await fetch(`${demo.url}/auth/sign-up`, { method: 'POST', headers, body })
    ).json()
    const socket = new WebSocket(`${demo.url.replace('http', 'ws')}/ws`)
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'auth', token: accessToken }))
    await once(socket, 'message')
    const closed = once(socket, 'close')
    expect(await demo.stop()).toBe(0)
    expect(await closed).toMatchObject([{ code: 1001 }])
    expect(demo.output()).toContain('Sign in: make an account')
    expect(demo.output()).not.toContain(accessToken)
  })

  it('says what to do when the port is taken', async () => {
    const demo = await startDemo()
    const { port } = new URL(demo.url)
    await expect(startDemo({ PORT: port })).rejects.toThrow(`Port ${port} is in use: choose another`)
    await demo.stop()
  })

  it('says what to do when the accounts cannot be opened', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wsauth-demo-'))
    const file = join(folder, 'notes.txt')
    writeFileSync(file, 'These are notes, and no accounts. '.repeat(100))
    await expect(startDemo({ DATA: file })).rejects.toThrow(
      `The accounts in ${file} cannot be opened: file is not a database. Move that file away, or name another with DATA.`,
    )
    rmSync(folder, { recursive: true })
  })
})
