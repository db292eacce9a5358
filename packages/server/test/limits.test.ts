import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeClock } from '@wsauth/protocol/testing'
import {
  AuthError,
  type AuthFailEvent,
  type AuthOptions,
  type AuthWarningEvent,
  AuthWebSocket,
  AuthWebSocketServer,
  cookie,
  firstMessage,
} from '@wsauth/server'
import { afterEach, describe, expect, it } from 'vitest'
import { dial, frame, raw, signIn, start, stopAll, upgradeRequest, verifier } from './support.ts'

afterEach(stopAll)

const auth = frame('{"type":"auth","token":"good:alice"}')
const closeFrame = (code: number) => String.fromCharCode(code >> 8, code & 0xff)

describe('limits before authentication', () => {
  it('closes with 1009 after preAuthBytes, however the bytes are cut', async () => {
    const { wss, port } = await start({ limits: { closeTimeoutMs: 50 } })
    const client = raw(port, upgradeRequest())
    await client.until('101')
    // One frame that promises 60 KiB and delivers a little at a time.
    client.socket.write(Buffer.from([0x81, 0xfe, 0xf0, 0x00, 1, 2, 3, 4]))
    for (let i = 0; i < 20; i++) client.socket.write(Buffer.alloc(1_024, 'x'))
    expect(await client.ended).toContain(`${closeFrame(1009)}Message too big`)
    expect(wss.stats().refused).toEqual({ message_too_big: 1 })
    await expect.poll(() => wss.stats().pending).toBe(0)
  })

  it('hangs up on who sent too much without waiting for them, and reads no more frames of theirs', async () => {
    const { wss, port } = await start({ limits: { closeTimeoutMs: 60_000 } })
    const upgraded = once(wss, 'headers')
    const client = raw(port, upgradeRequest())
    const [, { socket }] = await upgraded
    client.socket.write(frame('x'.repeat(20_000)))
    expect(await client.ended).toContain(`${closeFrame(1009)}Message too big`)
    expect(socket.listenerCount('data')).toBe(0)
    await expect.poll(() => wss.stats().pending).toBe(0)
  })

  it('counts the head of the upgrade request', async () => {
    const { port } = await start({ limits: { preAuthBytes: 100, closeTimeoutMs: 50 } })
    const client = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), frame('x'.repeat(120)), auth]))
    const received = await client.ended
    expect(received).toContain('Message too big')
    expect(received).not.toContain('auth_ok')
  })

  it('counts a read before any message in it counts', async () => {
    const { wss, port } = await start({ limits: { closeTimeoutMs: 50 } })
    const client = raw(port, upgradeRequest())
    await client.until('101')
    client.socket.write(Buffer.concat([frame('{"type":"auth","token":5}'), frame('x'.repeat(20_000))]))
    expect(await client.ended).toContain(`${closeFrame(1009)}Message too big`)
    expect(wss.stats().refused).toEqual({ message_too_big: 1 })
  })

  it.each([
    ['query', `/?${'q'.repeat(10_000)}`],
    ['path', `/${'p'.repeat(5_000)}`],
  ])('counts the %s of the upgrade request, which is kept as long', async (_, target) => {
    const { port } = await start({ limits: { closeTimeoutMs: 50 } })
    const client = raw(port, upgradeRequest(target))
    await client.until('101')
    client.socket.write(Buffer.concat([frame('x'.repeat(10_000)), auth]))
    const received = await client.ended
    expect(received).toContain(`${closeFrame(1009)}Message too big`)
    expect(received).not.toContain('auth_ok')
  })

  it('closes with 1008 after preAuthMessages, those held behind the credential included', async () => {
    const { port } = await start({ verifier: () => new Promise(() => {}), limits: { closeTimeoutMs: 50 } })
    const early = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), ...Array(17).fill(frame('x'))]))
    expect(await early.ended).toContain(`${closeFrame(1008)}Policy violation`)
    const held = raw(
      port,
      Buffer.concat([Buffer.from(upgradeRequest()), auth, ...Array(16).fill(frame('x'))]),
    )
    expect(await held.ended).toContain(`${closeFrame(1008)}Policy violation`)
  })

  it('closes with 1008 after preAuthFragments, one byte each', async () => {
    const { port } = await start({ limits: { closeTimeoutMs: 50 } })
    const first = frame('{', { fin: false })
    const rest = Array(16).fill(frame('x', { opcode: 0, fin: false }))
    const client = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), first, ...rest]))
    expect(await client.ended).toContain(`${closeFrame(1008)}Policy violation`)
  })

  it('closes with 1009 for few bytes that are many after decompression', async () => {
    const { url } = await start({}, { perMessageDeflate: true })
    const client = dial(url, [], { perMessageDeflate: { threshold: 0 } })
    await once(client.socket, 'open')
    client.send(`{"type":"auth","token":"good:alice","padding":"${'x'.repeat(500_000)}"}`)
    expect(await client.closed).toEqual({ code: 1009, reason: 'Message too big' })
  })

  it.each(['nodebuffer', 'arraybuffer', 'fragments', 'blob'] as const)(
    'counts what waits behind a credential as it is after decompression, all together, as %s',
    async (binaryType) => {
      class Subclass extends AuthWebSocket {
        readonly shape: string = Object.assign(this, { binaryType }).binaryType
      }
      const { wss, url } = await start(
        { verifier: () => new Promise(() => {}) },
        { perMessageDeflate: true, WebSocket: Subclass },
      )
      const client = dial(url, [], { perMessageDeflate: { threshold: 0 } })
      await once(client.socket, 'open')
      client.send('{"type":"auth","token":"good:alice"}')
      for (let i = 0; i < 2; i++) client.socket.send(Buffer.alloc(8_000))
      client.socket.ping()
      await once(client.socket, 'pong')
      expect(wss.stats()).toMatchObject({ verifying: 1, refused: {} })
      client.socket.send(Buffer.alloc(8_000))
      expect(await client.closed).toEqual({ code: 1009, reason: 'Message too big' })
    },
  )

  it('takes a credential in a few fragments', async () => {
    const { port } = await start()
    const fragments = [
      frame('{"type":"auth",', { fin: false }),
      frame('"token":"good:alice"}', { opcode: 0 }),
    ]
    const client = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), ...fragments]))
    await client.until('auth_ok')
    client.socket.destroy()
  })

  it('counts nothing after authentication: large and fragmented messages pass', async () => {
    const { wss, url, port } = await start()
    const connected = once(wss, 'connection')
    wss.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data).length)))
    const client = await signIn(url)
    // P9: those who are in have the bytes read by `ws` alone.
    expect((await connected)[1].socket.listenerCount('data')).toBe(1)
    client.send('x'.repeat(1024 * 1024))
    expect(await client.message(1)).toBe(String(1024 * 1024))
    const pieces = Array(100).fill(frame('x', { opcode: 0, fin: false }))
    const fragmented = [frame('x', { fin: false }), ...pieces, frame('x', { opcode: 0 })]
    const fragmenting = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), auth]))
    await fragmenting.until('auth_ok')
    fragmenting.socket.write(Buffer.concat(fragmented))
    await fragmenting.until('102')
    fragmenting.socket.destroy()
  })

  it('refuses a token that is too long, and it is not verified', async () => {
    const { url } = await start({ verifier: () => expect.unreachable(), limits: { tokenBytes: 100 } })
    const client = dial(url)
    await once(client.socket, 'open')
    client.send(JSON.stringify({ type: 'auth', token: 'x'.repeat(101) }))
    expect(await client.closed).toEqual({ code: 4001, reason: 'Authentication failed' })
  })

  it.each([
    ['pending', { pending: 3 }],
    ['pendingPerAddress', { pendingPerAddress: 3 }],
  ])('%s: the oldest is closed with 4029 for a new one', async (name, limits) => {
    const { wss, url } = await start({ limits })
    const told: (string | undefined)[] = []
    wss.on('auth_fail', ({ detail }) => told.push(detail))
    const clients = []
    for (let i = 0; i < 4; i++) {
      const client = dial(url)
      clients.push(client)
      await once(client.socket, 'open')
    }
    const [oldest, ...others] = clients
    expect((await oldest?.closed)?.reason).toMatch(/^Too many attempts; retry-after-ms=\d+$/)
    expect((await oldest?.closed)?.code).toBe(4029)
    expect(others.map(({ socket }) => socket.readyState)).toEqual([1, 1, 1])
    expect(told).toEqual([`made room for a newer socket: auth.limits.${name} is reached`])
    const served = await signIn(url)
    expect(served.messages).toEqual(['{"type":"auth_ok","userId":"alice"}'])
    await expect.poll(() => wss.stats().pending).toBe(2)
  })
})

it('connectionsPerUser: holds for those whose answers come in the same turn', async () => {
  const answers: (() => void)[] = []
  const { wss, port } = await start({
    limits: { connectionsPerUser: 1 },
    verifier: () => new Promise((resolve) => answers.push(() => resolve({ userId: 'alice' }))),
  })
  const clients = ['a', 'b'].map((token) =>
    raw(port, upgradeRequest('/', [`Authorization: Bearer ${token}`])),
  )
  await expect.poll(() => answers.length).toBe(2)
  for (const answer of answers) answer()
  await expect.poll(() => wss.stats()).toMatchObject({ live: 1, refused: { slow_down: 1 } })
  for (const { socket } of clients) socket.destroy()
})

it('pending: who was let in, and closed by the application at once, takes nobody’s place', async () => {
  const { wss, url, port } = await start({ limits: { pending: 1 } })
  wss.on('connection', (socket) => socket.close())
  const waiting = dial(url)
  await once(waiting.socket, 'open')
  const closed = raw(port, upgradeRequest('/', ['Authorization: Bearer good:alice']))
  await closed.until('101')
  expect(wss.stats()).toMatchObject({ pending: 1, admitted: 1, refused: {} })
  closed.socket.destroy()
})

it('pending: one that was told to go and does not is dropped for the next', async () => {
  const { wss, port } = await start({ limits: { pending: 1, closeTimeoutMs: 60_000 } })
  const clients = []
  for (const told of [undefined, 0, 1]) {
    const client = raw(port, upgradeRequest())
    clients.push(client)
    await client.until('101')
    if (told !== undefined) await clients[told]?.until('Too many attempts')
  }
  expect(await clients[0]?.ended).toContain('Too many attempts')
  expect(wss.stats().pending).toBe(2)
  for (const { socket } of clients) socket.destroy()
})

describe('guessing', () => {
  it('failuresPerAddress: then refused before the verifier is asked, by every method', async () => {
    let asked = 0
    const { wss, url, port } = await start({
      limits: { failuresPerAddress: 3 },
      verifier: () => {
        asked++
        throw new AuthError('invalid_token')
      },
    })
    const told: AuthFailEvent[] = []
    wss.on('auth_fail', (event) => told.push(event))
    const attempt = async () => {
      const client = dial(url)
      await once(client.socket, 'open')
      client.send('{"type":"auth","token":"guess","v":1}')
      return client.closed
    }
    for (let i = 0; i < 3; i++) expect((await attempt()).code).toBe(4001)
    expect(await attempt()).toEqual({
      code: 4029,
      reason: expect.stringMatching(/^Too many attempts; retry-after-ms=\d+$/),
    })
    const header = raw(port, upgradeRequest('/', ['Authorization: Bearer guess']))
    expect(await header.ended).toMatch(/^HTTP\/1\.1 429 [\s\S]*Retry-After: \d+\r\n/)
    expect(asked).toBe(3)
    // Told to those who listen as it was told to the client.
    expect(told.map(({ retryAfterMs = 0 }) => retryAfterMs > 0)).toEqual([false, false, false, true, true])
  })

  it('4.2 a stale cookie stops no first message of the same subject, however often it came', async () => {
    const tokenOf = (signature: string) =>
      `header.${Buffer.from('{"sub":"alice"}').toString('base64url')}.${signature}`
    const { port } = await start({
      limits: { failuresPerSubject: 2 },
      methods: [firstMessage(), cookie()],
      origins: ['https://app.example'],
      verifier: (token) => {
        if (!token.endsWith('.good')) throw new AuthError('invalid_token')
        return { userId: 'alice' }
      },
    })
    const browser = [`Cookie: session=${tokenOf('stale')}`, 'Origin: https://app.example']
    const first = frame(JSON.stringify({ type: 'auth', token: tokenOf('good') }))
    for (let tab = 0; tab < 5; tab++) {
      const client = raw(port, upgradeRequest('/', browser))
      expect(await client.until('\r\n\r\n')).toContain('HTTP/1.1 101 ')
      client.socket.write(first)
      expect(await client.until('}')).toContain('{"type":"auth_ok","userId":"alice"}')
    }
  })

  it('4.2 a cookie that is good is told of too many connections', async () => {
    const { port } = await start({
      limits: { connectionsPerUser: 1 },
      methods: [firstMessage(), cookie()],
      origins: ['https://app.example'],
    })
    const browser = ['Cookie: session=good%3Aalice', 'Origin: https://app.example']
    await raw(port, upgradeRequest('/', browser)).until('HTTP/1.1 101 ')
    expect(await raw(port, upgradeRequest('/', browser)).ended).toMatch(
      /^HTTP\/1\.1 429 [\s\S]*Retry-After: 5/,
    )
  })

  it.each<[string, unknown, number]>([
    ['an error of no table', Object.assign(new AuthError('invalid_token'), { error: 'no_such_error' }), 1013],
    ['a time that is none', new AuthError('slow_down', { retryAfterMs: Number.NaN }), 4029],
    ['a time in the past', new AuthError('slow_down', { retryAfterMs: -1 }), 4029],
    ['an error of live connections', new AuthError('session_revoked'), 4001],
    ['nothing', undefined, 1013],
  ])('a verifier that throws %s does no harm', async (_, error, code) => {
    const { url } = await start({
      verifier: () => {
        throw error
      },
    })
    const client = dial(url)
    await once(client.socket, 'open')
    client.send('{"type":"auth","token":"x"}')
    expect((await client.closed).code).toBe(code)
  })
})

describe('limits after authentication', () => {
  it('connectionsPerUser: one more is refused with slow_down, another user is not', async () => {
    const { wss, url } = await start({ limits: { connectionsPerUser: 2 } })
    const first = await signIn(url)
    await signIn(url)
    const third = dial(url)
    await once(third.socket, 'open')
    third.send('{"type":"auth","token":"good:alice"}')
    expect((await third.closed).code).toBe(4029)
    await signIn(url, 'good:bob')
    first.socket.close()
    await expect.poll(() => wss.stats().live).toBe(2)
    await signIn(url)
  })

  it('connectionsPerUser: holds for anonymous clients that sign in, whose connection lives on', async () => {
    const { url } = await start({ allowAnonymous: true, limits: { connectionsPerUser: 1 } })
    const signInLate = async () => {
      const client = dial(url, ['wsauth.v1'])
      const { channel } = JSON.parse(await client.message(0))
      client.send(JSON.stringify({ wsauth: channel, type: 'auth', token: 'good:alice' }))
      return JSON.parse(await client.message(1))
    }
    expect(await signInLate()).toMatchObject({ type: 'auth_ok' })
    expect(await signInLate()).toMatchObject({ type: 'auth_fail', error: 'slow_down', action: 'retry' })
  })

  it('bufferedAmount: a reader who does not read is closed with 1008 and dropped', async () => {
    const { wss, port } = await start({ limits: { closeTimeoutMs: 100 } })
    const connected = once(wss, 'connection')
    const client = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), auth]))
    client.socket.pause()
    const [socket] = await connected
    const closed = once(socket, 'close')
    let most = 0
    // Bounded: without the limit this would take all the memory there is.
    while (socket.readyState === 1 && most < 8 * 1024 * 1024) {
      socket.send(Buffer.alloc(64 * 1024))
      most = Math.max(most, socket.bufferedAmount)
    }
    expect(most).toBeLessThan(1024 * 1024 + 2 * 64 * 1024)
    await closed
    expect(wss.stats().ended).toEqual({ policy_violation: 1 })
    expect(wss.clients.size).toBe(0)
    client.socket.destroy()
  })

  it('bufferedAmount: answers to control that nobody reads count as well', async () => {
    const { wss, port } = await start({ limits: { closeTimeoutMs: 100 } })
    const connected = once(wss, 'connection')
    const client = raw(port, upgradeRequest())
    await client.until('101')
    client.socket.write(frame('{"type":"auth","token":"good:alice","v":1}'))
    const [socket] = await connected
    const [, channel] = /"channel":"([^"]+)"/.exec(await client.until('heartbeatMs')) ?? []
    client.socket.pause()
    const closed = once(socket, 'close')
    const refresh = frame(`{"wsauth":"${channel}","type":"auth","token":"bad"}`)
    const many = Buffer.concat(Array(1_000).fill(refresh))
    let most = 0
    while (socket.readyState === 1 && most < 8 * 1024 * 1024) {
      client.socket.write(many)
      await new Promise(setImmediate)
      most = Math.max(most, socket.bufferedAmount)
    }
    expect(most).toBeLessThan(2 * 1024 * 1024)
    await closed
    expect(wss.stats().ended).toEqual({ policy_violation: 1 })
    client.socket.destroy()
  })

  it('bufferedAmount: control behind one large message of the application is no reason to close, whatever was answered before', async () => {
    const clock = new FakeClock()
    const { wss, port } = await start({ clock })
    const connected = once(wss, 'connection')
    const client = raw(port, upgradeRequest())
    await client.until('101')
    client.socket.write(frame('{"type":"auth","token":"good:alice","v":1}'))
    const [socket] = await connected
    const [, channel] = /"channel":"([^"]+)"/.exec(await client.until('heartbeatMs')) ?? []
    const refresh = frame(`{"wsauth":"${channel}","type":"auth","token":"bad"}`)
    client.socket.write(Buffer.concat(Array(200).fill(refresh)))
    await expect.poll(() => client.received().match(/auth_fail/g)?.length).toBe(200)
    client.socket.pause()
    socket.send(Buffer.alloc(16 * 1024 * 1024))
    expect(socket.bufferedAmount).toBeGreaterThan(1024 * 1024)
    clock.advance(25_000)
    expect(wss.stats()).toMatchObject({ live: 1, ended: {} })
    client.socket.destroy()
  })
})

describe('a proxy that comes by a Unix socket', () => {
  async function overUnixSocket(auth: Partial<AuthOptions>) {
    const folder = mkdtempSync(join(tmpdir(), 'wsauth-'))
    const path = join(folder, 'socket')
    const server = createServer().listen(path)
    await once(server, 'listening')
    const wss = new AuthWebSocketServer({ server, auth: { verifier, ...auth } })
    const attempt = async (headers: readonly string[]) => {
      const socket = connect(path)
      socket.write(upgradeRequest('/', headers))
      const [answer] = await once(socket, 'data')
      socket.destroy()
      return String(answer).split(' ')[1]
    }
    const stop = () => {
      server.close()
      rmSync(folder, { recursive: true })
    }
    return { wss, attempt, stop }
  }
  const guess = ['Authorization: Bearer guess', 'X-Forwarded-For: 203.0.113.9']

  it('is believed as unix:, and limits by address hold again', async () => {
    const { attempt, stop } = await overUnixSocket({
      trustProxy: ['unix:'],
      limits: { failuresPerAddress: 2 },
    })
    expect([await attempt(guess), await attempt(guess), await attempt(guess)]).toEqual(['401', '401', '429'])
    expect(await attempt(['Authorization: Bearer guess', 'X-Forwarded-For: 198.51.100.1'])).toBe('401')
    stop()
  })

  it('is told of, once, where trustProxy is unset', async () => {
    const { wss, attempt, stop } = await overUnixSocket({})
    const warnings: AuthWarningEvent[] = []
    wss.on('auth_warning', (event) => warnings.push(event))
    for (let i = 0; i < 150; i++) await attempt(guess)
    expect(warnings).toEqual([
      { warning: 'trust_proxy_unset', address: '', message: expect.stringContaining("'unix:'") },
    ])
    stop()
  })
})

describe('a proxy that nobody told us of', () => {
  /** What is told of 150 connections from here. */
  async function warned(auth: Partial<AuthOptions>): Promise<AuthWarningEvent[]> {
    const warnings: AuthWarningEvent[] = []
    const { wss, port } = await start(auth)
    wss.on('auth_warning', (event) => warnings.push(event))
    for (let i = 0; i < 150; i++) {
      const client = raw(port, upgradeRequest())
      await client.until('101')
      client.socket.destroy()
    }
    return warnings
  }

  it('is told once, when every connection comes from one private address and trustProxy is unset', async () => {
    expect(await warned({})).toEqual([
      {
        warning: 'trust_proxy_unset',
        address: '127.0.0.1',
        message: expect.stringContaining('auth.trustProxy'),
      },
    ])
  })

  it('is not told of where somebody said that there is none', async () => {
    expect(await warned({ trustProxy: [] })).toEqual([])
  })
})
