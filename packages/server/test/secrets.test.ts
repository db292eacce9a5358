import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { inspect } from 'node:util'
import { bearerSubprotocol } from '@wsauth/protocol'
import {
  AuthError,
  type AuthEvents,
  cookie,
  firstMessage,
  header,
  MemoryTicketStore,
  query,
  subprotocol,
  ticket,
} from '@wsauth/server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { dial, raw, start, stopAll, upgradeRequest } from './support.ts'

afterEach(stopAll)

const good = 'planted-good-0123456789abcdef'
const bad = 'planted-bad-fedcba9876543210'
const names = ['auth_ok', 'auth_fail', 'auth_refresh', 'auth_expired', 'auth_revoked'] as const

/** Everything that an application, a log or an observer could get hold of, as text. */
function texts(...values: unknown[]): string {
  return values
    .flatMap((value) => [
      inspect(value, { depth: 8, showHidden: true, maxStringLength: null }),
      jsonOf(value),
    ])
    .join('\n')
}

/** What `JSON.stringify` makes of it; sockets and requests go round in circles. */
function jsonOf(value: unknown): string {
  const seen = new Set<unknown>()
  return JSON.stringify(value, (_, member) => {
    if (typeof member === 'object' && member !== null) {
      if (seen.has(member)) return undefined
      seen.add(member)
    }
    return typeof member === 'bigint' ? String(member) : member
  })
}

const ways: Record<string, (url: string, token: string) => ReturnType<typeof dial>> = {
  firstMessage: (url, token) => {
    const client = dial(url)
    client.socket.on('open', () => client.send(JSON.stringify({ type: 'auth', token })))
    return client
  },
  'bearer text': (url, token) => {
    const client = dial(url)
    client.socket.on('open', () => client.send(`Authorization: Bearer ${token}`))
    return client
  },
  header: (url, token) => dial(url, ['wsauth.v1'], { headers: { Authorization: `Bearer ${token}` } }),
  query: (url, token) => dial(`${url}/?room=1&token=${token}&x=2`, ['wsauth.v1']),
  subprotocol: (url, token) => dial(url, ['wsauth.v1', bearerSubprotocol(token), 'chat']),
  cookie: (url, token) =>
    dial(url, ['wsauth.v1'], {
      headers: { Cookie: `theme=dark; session=${token}` },
      origin: 'https://app.example',
    }),
  ticket: (url, token) => dial(`${url}/?ticket=${token}`, ['wsauth.v1']),
}

describe('P5: a planted secret shows up nowhere', () => {
  it.each(Object.keys(ways))('%s', async (way) => {
    const collected: unknown[] = []
    const listeners = names.map(
      (name) => [`wsauth:${name}`, (message: unknown) => collected.push(message)] as const,
    )
    for (const [name, listener] of listeners) subscribe(name, listener)
    const printed = vi.spyOn(console, 'log').mockImplementation((...args) => collected.push(...args))
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation((...args) => collected.push(...args))
    const { wss, url } = await start({
      methods: [
        firstMessage(),
        header(),
        query({ maxRemainingLifeMs: Number.MAX_SAFE_INTEGER }),
        subprotocol(),
        cookie({ name: 'session' }),
        ticket({ store: new MemoryTicketStore() }),
      ],
      origins: ['https://app.example'],
      verifier: (token) => {
        if (token === good)
          return { userId: 'alice', expiresAt: Date.now() + 30_000, claims: { role: 'user' } }
        throw token === bad ? new Error(`no such token: ${token}`) : new AuthError('invalid_token')
      },
    })
    for (const name of names) wss.on(name, (event: AuthEvents[keyof AuthEvents]) => collected.push(event))
    wss.on('hook_error', (event) => collected.push(event))
    wss.on('headers', (headers: string[], request: IncomingMessage) => collected.push(headers, request))
    wss.on('connection', (socket, request) => {
      collected.push(
        socket,
        socket.auth,
        request,
        request.url,
        request.headers,
        request.rawHeaders,
        request.headersDistinct,
      )
      socket.on('message', () => {
        throw new Error('a hook that throws')
      })
    })
    const dialled = ways[way]
    if (!dialled) return expect.unreachable()
    const refused = dialled(url, bad)
    const { reason } = await refused.closed
    const client = dialled(url, good)
    if (way !== 'ticket') {
      await client.message(0)
      client.send('boom')
    }
    const closed = await client.closed
    collected.push(reason, refused.messages, client.messages, closed, wss, wss.stats(), wss.options)
    const text = texts(...collected)
    for (const secret of [good, bad]) {
      for (let at = 0; at + 8 <= secret.length; at++) {
        const piece = secret.slice(at, at + 8)
        if (piece.startsWith('planted')) continue
        expect(text, `${piece} of ${secret}`).not.toContain(piece)
        expect(text).not.toContain(Buffer.from(secret).toString('base64url').slice(4, 16))
      }
    }
    for (const [name, listener] of listeners) unsubscribe(name, listener)
    printed.mockRestore()
    warned.mockRestore()
  })

  it('control characters are escaped in whatever an event says of a peer, a user or a verifier', async () => {
    const control = '\u0007\n\u001b[31m\u0085\u2028\u202e\u2066\ud800'
    const written = '\\u0007\\u000a\\u001b[31m\\u0085\\u2028\\u202e\\u2066\\ud800'
    const { wss, url } = await start({
      verifier: (token) => {
        if (token === good) return { userId: `alice${control}`, sessionId: `session${control}` }
        throw new AuthError('invalid_token', { message: `why${control}` })
      },
    })
    const ok = once(wss, 'auth_ok')
    const client = ways.firstMessage?.(`${url}/${'p'.repeat(300)}`, good)
    const [{ userId, sessionId, path }] = await ok
    expect([userId, sessionId]).toEqual([`alice${written}`, `session${written}`])
    expect(path).toHaveLength(256)
    client?.socket.close()
    const failed = once(wss, 'auth_fail')
    ways.firstMessage?.(url, bad)
    expect((await failed)[0].detail).toBe(`why${written}`)
  })

  it('control characters from a peer are escaped in events, and long text is cut', async () => {
    const { wss, port, url } = await start({
      methods: [firstMessage(), header()],
      origins: ['https://app.example'],
    })
    const failed = once(wss, 'auth_fail')
    const request = upgradeRequest('/', [`Origin: https://evil.example\u0085\u009b31m${'x'.repeat(500)}`])
    const client = raw(port, Buffer.from(request, 'latin1'))
    await client.ended
    const [event] = await failed
    expect(event).toMatchObject({ error: 'access_denied', address: '127.0.0.1', path: '/' })
    expect(event.origin).toMatch(/^https:\/\/evil\.example\\u0085\\u009b31mx+$/)
    expect(event.origin.length).toBeLessThan(300)
    const ok = once(wss, 'auth_ok')
    ways.firstMessage?.(url, 'good:alice')
    expect(await ok).toEqual([
      {
        userId: 'alice',
        sessionId: expect.any(String),
        method: 'firstMessage',
        address: '127.0.0.1',
        path: '/',
        version: 0,
        tookMs: expect.any(Number),
      },
    ])
  })
})
