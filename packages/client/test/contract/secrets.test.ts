import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  AuthClient,
  type AuthClientOptions,
  header,
  type Method,
  query,
  SignInRequired,
  subprotocol,
  ticket,
} from '../../src/index.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { playClass } from '../support/sockets-of.ts'
import { authOk, control, play } from '../support/stage.ts'

// P5: a server, or whatever is on the way, says the token back wherever it can; nothing of it is handed out.

const signature = 'c2lnbmF0dXJlLW9mLXRoZS1wbGFudGVkLXRva2Vu'
const token = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MTg5MzQ1NjAwMH0.${signature}`
const newer = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MTg5MzQ1OTYwMH0.bmV3ZXItc2lnbmF0dXJlLXBsYW50ZWQ`

const clients: AuthClient[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

/** All that an application, or its logger, could see of it. */
function seen(...things: unknown[]): string {
  const json = (thing: unknown) => {
    try {
      return JSON.stringify(thing)
    } catch {
      return ''
    }
  }
  return things
    .map(
      (thing) => inspect(thing, { depth: 20, showHidden: true, getters: true }) + json(thing) + String(thing),
    )
    .join('\n')
}

function expectNothingOf(text: string, ...secrets: string[]): void {
  for (const secret of secrets) {
    for (let at = 0; at + 8 <= secret.length; at++) expect(text).not.toContain(secret.slice(at, at + 8))
  }
}

function playing(options: Partial<AuthClientOptions> = {}) {
  const played = play({ token, ...options })
  clients.push(played.client)
  return { ...played, all: () => seen(played.told, played.client.explain(), played.client) }
}

describe('a hostile server', () => {
  it.each(['token', 'the signature', 'a piece of 8 characters'])(
    'says %s back in each member of each message',
    async (what) => {
      const said =
        { token, 'the signature': signature, 'a piece of 8 characters': signature.slice(9, 17) }[what] ?? ''
      const names = [
        'error',
        'action',
        'retryAfterMs',
        'reason',
        'expiresInMs',
        'deadlineMs',
        'sessionId',
        'other',
      ]
      const members = Object.fromEntries(names.map((name) => [name, `x ${said}`]))
      const { open, all, client, clock, told } = playing({ token: () => token })
      const socket = await open({ ...authOk, heartbeatMs: undefined })
      client.reauthenticate()
      for (const type of ['auth_fail', 'auth_required', 'going_away', 'auth_ok', 'ping', `x ${said}`]) {
        await clock.advanceAsync(0)
        socket.receive(control({ type, ...members }))
      }
      socket.end(4003, `x ${said}`)
      expect(told.some(([name]) => name === 'close')).toBe(true)
      expectNothingOf(all(), said)
    },
  )

  it('says it back before auth_ok', async () => {
    const { all, settle, socket, client } = playing()
    const failing = client.ready().catch((error) => seen(error))
    await settle()
    socket().open()
    socket().receive({ type: 'auth_fail', error: `no: ${token}`, action: token, retryAfterMs: token })
    socket().end(4003, `Forbidden: ${signature}`)
    expectNothingOf(all() + (await failing), token)
  })

  it.each(['userId', 'sessionId'])('says it back as %s', async (name) => {
    for (const said of [token, signature, `x${signature.slice(4)}`]) {
      const { all, open, client } = playing()
      await open({ ...authOk, [name]: said })
      expect(client.state).toBe('open')
      expectNothingOf(all(), signature)
    }
  })

  it('a userId that is within the token’s claims is still told: it is who one is, not what opens', async () => {
    const { open, client } = playing({ token: 'alice@example.com.signature-of-alice' })
    await open({ ...authOk, userId: 'alice@example.com' })
    expect(client.userId).toBe('alice@example.com')
  })

  it('says the old token back after a refresh, or the newer one after it was refused', async () => {
    const tokens = [token, newer]
    const { all, open, client, settle } = playing({ token: () => tokens.shift() ?? 'third-token-of-all' })
    const socket = await open({ ...authOk, heartbeatMs: undefined })
    client.reauthenticate()
    await settle()
    socket.receive(control({ type: 'auth_fail', error: newer, action: 'refresh' }))
    await settle()
    socket.receive(control({ type: 'auth_ok', expiresInMs: 5_000 }))
    socket.end(4004, `${token.slice(-20)} ${newer.slice(-20)}`)
    expectNothingOf(all(), token, newer)
  })

  it('says it to the class', async () => {
    const { make, settle } = playClass({ token })
    const played = make(['chat'])
    const events: unknown[] = []
    for (const type of ['open', 'error', 'close']) {
      played.socket.addEventListener(type, (event) => {
        events.push(type, ...Object.values(event), Reflect.get(event, 'reason'), Reflect.get(event, 'error'))
      })
    }
    await settle()
    FakeWebSocket.last.open(token)
    FakeWebSocket.last.receive({ type: 'auth_fail', error: `no ${token}`, action: 'stop' })
    FakeWebSocket.last.end(4003, `no ${signature}`)
    await settle()
    expect(played.told).toEqual(['error 3', 'close 3'])
    expectNothingOf(seen(events, played.socket, played.socket.protocol, played.socket.url), token)
  })

  it('a reason that says nothing of it is left as it is', async () => {
    const { told, open } = playing()
    const socket = await open()
    socket.end(4003, 'eyJhbGc Forbidden 123')
    expect(told.at(-1)).toMatchObject(['close', { reason: 'eyJhbGc Forbidden 123' }])
  })
})

describe('each method', () => {
  it.each<[string, Method]>([
    ['header()', header()],
    ['query()', query()],
    ['subprotocol()', subprotocol()],
    ['subprotocol({ bare })', subprotocol({ bare: true })],
  ])('%s: the credential is in the handshake, and in nothing that is handed out', async (_, method) => {
    const { all, client, settle, socket } = playing({ method })
    await settle()
    const { url, offered, options } = socket()
    expect(seen(url, offered, options)).toMatch(/[\w-]{40}/)
    socket().open(offered.at(-1))
    socket().end(1006, `cannot connect to ${url} ${offered} ${JSON.stringify(options)}`)
    expectNothingOf(all() + seen(client), signature, (offered[0] ?? '').replace('wsauth.bearer.', ''))

    const { make } = playClass({ token, method })
    const played = make(['chat'])
    await settle()
    FakeWebSocket.last.open(FakeWebSocket.last.offered.at(-1))
    FakeWebSocket.last.receive(authOk)
    expect(played.socket.url).toBe('wss://api.example/ws')
    expect(['', 'chat']).toContain(played.socket.protocol)
    expectNothingOf(seen(played.socket), signature)
  })

  it('ticket(): neither the token nor the ticket', async () => {
    const once = 'dGhpcy1pcy10aGUtb25lLXRpbWUtdGlja2V0'
    const { all, client, settle } = playing({ method: ticket({ endpoint: 'https://api.example/ticket' }) })
    vi.stubGlobal('fetch', async () => Response.json({ ticket: once }))
    await settle()
    expect(FakeWebSocket.last.url).toContain(once)
    FakeWebSocket.last.end(1006, `cannot connect to ${FakeWebSocket.last.url}`)
    expect(client.state).toBe('waiting')
    expectNothingOf(all(), once, token)
  })
})

it('what is no credential is not masked', async () => {
  const { open, told } = playing()
  const socket = await open()
  socket.end(4500, 'undefined user, null and void')
  expect(told.at(-1)).toMatchObject(['close', { reason: 'undefined user, null and void' }])
})

describe('a provider', () => {
  it.each([
    ['an error with the token in its message', new Error(`Cannot refresh ${token}`)],
    [
      'one that shows its request in JSON',
      Object.assign(new Error('401'), { toJSON: () => ({ headers: { Authorization: token } }) }),
    ],
    ['one with the token as a member', Object.assign(new Error('401'), { token, config: { data: token } })],
    ['a text', `no ${token}`],
    ['an object', { token }],
    ['SignInRequired with the token in its message', new SignInRequired(token)],
  ])('that throws %s: nothing of it in explain(), close, or why it is not ready', async (_, error) => {
    const { client, told, settle } = playing({ token: () => Promise.reject(error) })
    const failing = client.ready().catch((reason) => seen(reason))
    await settle()
    client.close()
    const others = told.filter(([name]) => name !== 'error')
    expectNothingOf(seen(client.explain(), others, client) + (await failing), token)
  })

  it('that answers what was refused: the error says so, and not which token', async () => {
    const { client, clock, told, settle, socket } = playing()
    await settle()
    socket().open()
    socket().end(4001, 'Authentication failed')
    await clock.advanceAsync(500)
    expect(client.state).toBe('closed')
    expect(client.explain()).toContainEqual(expect.objectContaining({ what: 'error: NoOtherToken' }))
    expectNothingOf(seen(told, client.explain(), client), token)
  })
})

it('a mistake at construction is told without the token', () => {
  const { make } = playClass({ token })
  for (const protocols of [[token, token], [`${token} ${token}`]]) {
    const text = (() => {
      try {
        return seen(make(protocols))
      } catch (error) {
        return seen(error)
      }
    })()
    expect(text).toContain('SyntaxError')
    expectNothingOf(text.replace(/ at .*/g, ''), signature)
  }
  for (const url of ['ws://example.com', 'ftp://example.com', 'nowhere']) {
    try {
      new AuthClient(url, { token, connect: false })
    } catch (error) {
      expectNothingOf(seen(error), signature)
    }
  }
})
