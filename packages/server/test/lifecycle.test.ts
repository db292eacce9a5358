import { once } from 'node:events'
import { FakeClock } from '@wsauth/protocol/testing'
import {
  AuthError,
  type AuthOptions,
  type AuthWebSocket,
  issueTicket,
  MemoryRevocations,
  MemoryTicketStore,
  type Principal,
  type Revocation,
  type RevocationStore,
  ticket,
  type Verifier,
} from '@wsauth/server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { hashedId } from '../src/stores/revocation-store.ts'
import { admitted, dial, frame, raw, type Seen, signIn, start, stopAll, upgradeRequest } from './support.ts'

afterEach(stopAll)

interface Client extends Seen {
  readonly channel: string
  control(message: object): void
  /** The control message at `index`, after `auth_ok`. */
  controlAt(index: number): Promise<Record<string, unknown>>
}

/** A client of version 1. */
async function join(url: string, token = 'alice'): Promise<Client> {
  const seen = await signIn(url, token, 1)
  const { channel } = JSON.parse(seen.messages[0] ?? '')
  return {
    ...seen,
    channel,
    control: (message) => seen.send(JSON.stringify({ wsauth: channel, ...message })),
    async controlAt(index) {
      const { wsauth, ...message } = JSON.parse(await seen.message(index + 1))
      expect(wsauth).toBe(channel)
      return message
    },
  }
}

const lifeMs = 600_000

/** Tokens are `user` or `user;session`, live 10 minutes and were made when they are shown. */
function verifierAt(clock: FakeClock): Verifier {
  return (token): Principal => {
    const [userId = '', sessionId] = token.split(';')
    if (userId === 'bad') throw new AuthError('invalid_token')
    return {
      userId,
      ...(sessionId === undefined ? {} : { sessionId }),
      issuedAt: clock.wallNow(),
      expiresAt: clock.wallNow() + lifeMs,
    }
  }
}

async function clocked(auth: Partial<AuthOptions> = {}) {
  const clock = new FakeClock()
  const server = await start({ clock, verifier: verifierAt(clock), heartbeatMs: 1e9, ...auth })
  return { ...server, clock }
}

async function admit(wss: Awaited<ReturnType<typeof clocked>>['wss'], join: () => Promise<Client>) {
  const connected = once(wss, 'connection')
  const client = await join()
  const [socket] = (await connected) as [AuthWebSocket]
  return { client, socket }
}

describe('refresh in place', () => {
  it('puts another auth in its place, and the end moves', async () => {
    const { wss, url, clock } = await clocked()
    const { client, socket } = await admit(wss, () => join(url, 'alice;s1'))
    const before = socket.auth
    clock.advance(300_000)
    const refreshed = once(wss, 'auth_refresh')
    client.control({ type: 'auth', token: 'alice;s1' })
    expect(await client.controlAt(0)).toEqual({ type: 'auth_ok', expiresInMs: lifeMs })
    expect(await refreshed).toEqual([
      { userId: 'alice', sessionId: 's1', method: 'firstMessage', expiresAt: clock.wallNow() + lifeMs },
    ])
    expect(socket.auth).not.toBe(before)
    expect(socket.auth.expiresAt).toBe((before.expiresAt ?? 0) + 300_000)
    clock.advance(lifeMs - 1)
    expect(socket.readyState).toBe(1)
    clock.advance(1)
    expect((await client.closed).code).toBe(4002)
  })

  it('changes nothing of how somebody came', async () => {
    const { wss, url } = await clocked()
    const connected = once(wss, 'connection')
    const client = dial(url, ['wsauth.v1'], { headers: { Authorization: 'Bearer alice' } })
    const { channel } = JSON.parse(await client.message(0))
    const [socket] = await connected
    client.send(JSON.stringify({ wsauth: channel, type: 'auth', token: 'alice' }))
    await client.message(1)
    expect(socket.auth.method).toBe('header')
  })

  it('keeps the name of a session that has none of its own', async () => {
    const { wss, url } = await clocked()
    const { client, socket } = await admit(wss, () => join(url))
    const { sessionId } = socket.auth
    client.control({ type: 'auth', token: 'alice' })
    await client.controlAt(0)
    expect(socket.auth.sessionId).toBe(sessionId)
  })

  it('refused: another user, a bad token, too many; the connection lives on', async () => {
    const { wss, url } = await clocked()
    const details = new Set<string | undefined>()
    wss.on('auth_fail', ({ detail }) => details.add(detail))
    const { client, socket } = await admit(wss, () => join(url))
    client.control({ type: 'auth', token: 'bob' })
    expect(await client.controlAt(0)).toMatchObject({
      type: 'auth_fail',
      error: 'access_denied',
      action: 'stop',
    })
    client.control({ type: 'auth', token: 'bad' })
    expect(await client.controlAt(1)).toMatchObject({ error: 'invalid_token', action: 'refresh' })
    for (let index = 2; index < 6; index++) {
      client.control({ type: 'auth', token: 'alice' })
      expect(await client.controlAt(index)).toMatchObject({ type: 'auth_ok' })
    }
    for (let i = 0; i < 1_000; i++) client.control({ type: 'auth', token: 'alice' })
    expect(await client.controlAt(6)).toMatchObject({ error: 'slow_down', action: 'retry' })
    await client.controlAt(1_005)
    expect(socket.auth.userId).toBe('alice')
    expect(wss.stats()).toMatchObject({
      live: 1,
      refreshed: 4,
      refreshRefused: { access_denied: 1, invalid_token: 1, slow_down: 1_000 },
    })
    expect([...details]).toEqual([
      'the newer token is of another user or issuer',
      undefined,
      'more than auth.refreshesPerMinute, or two at a time',
    ])
  })

  it('a verifier that hangs does not block the next refresh for ever', async () => {
    const clock = new FakeClock()
    let hang = false
    const verify = verifierAt(clock)
    const { wss, url } = await start({
      clock,
      heartbeatMs: 1e9,
      verifier: (token, context) => (hang ? new Promise(() => {}) : verify(token, context)),
    })
    const { client } = await admit(wss, () => join(url))
    hang = true
    client.control({ type: 'auth', token: 'alice' })
    await expect.poll(() => wss.stats().verifying).toBe(1)
    clock.advance(5_000)
    expect(await client.controlAt(0)).toMatchObject({ error: 'temporarily_unavailable', action: 'retry' })
    hang = false
    client.control({ type: 'auth', token: 'alice' })
    expect(await client.controlAt(1)).toMatchObject({ type: 'auth_ok' })
    expect(wss.stats().verifying).toBe(0)
  })

  it('control never reaches the application; text that looks like it, or is another’s, does', async () => {
    const { wss, url } = await clocked()
    const { client, socket } = await admit(wss, () => join(url))
    const seen: string[] = []
    socket.on('message', (data) => seen.push(String(data)))
    const foreign = '{"wsauth":"AAAAAAAAAAAAAAAA","type":"auth","token":"alice"}'
    const spaced = `{ "wsauth":"${client.channel}","type":"auth"}`
    client.control({ type: 'from a later version' })
    client.send(foreign, spaced, '{"wsauth":"', '{"type":"auth","token":"alice"}', '')
    client.socket.send(Buffer.from(JSON.stringify({ wsauth: client.channel, type: 'auth' })))
    await expect.poll(() => seen.length).toBe(6)
    expect(seen.slice(0, 5)).toEqual([foreign, spaced, '{"wsauth":"', '{"type":"auth","token":"alice"}', ''])
    client.control({ type: 'auth_ok' })
    expect(await client.closed).toEqual({ code: 1002, reason: 'Protocol error' })
  })

  it('a client of version 0 has no control', async () => {
    const { wss, url } = await clocked()
    const connected = once(wss, 'connection')
    const client = await signIn(url, 'alice')
    const [socket] = await connected
    const seen: string[] = []
    socket.on('message', (data: Buffer) => seen.push(String(data)))
    client.send('{"wsauth":"","type":"auth","token":"bad"}')
    await expect.poll(() => seen).toHaveLength(1)
  })
})

describe('disconnect and revoke', () => {
  it('disconnect closes a user’s connections, or a log-in’s, with 4004, and says how many', async () => {
    const { wss, url } = await clocked()
    const revoked: unknown[] = []
    wss.on('auth_revoked', (event) => revoked.push(event))
    const [a, b, c] = [await join(url, 'alice;s1'), await join(url, 'alice;s2'), await join(url, 'bob')]
    expect(wss.disconnect({ sessionId: 's1' })).toBe(1)
    expect(await a.closed).toEqual({ code: 4004, reason: 'Session revoked' })
    expect(wss.disconnect({ userId: 'alice' })).toBe(1)
    expect(await b.closed).toEqual({ code: 4004, reason: 'Session revoked' })
    expect(wss.disconnect({ userId: 'alice' })).toBe(0)
    expect(c.socket.readyState).toBe(1)
    expect(revoked).toEqual([
      { userId: 'alice', sessionId: 's1', method: 'firstMessage', error: 'session_revoked' },
      { userId: 'alice', sessionId: 's2', method: 'firstMessage', error: 'session_revoked' },
    ])
    await join(url, 'alice;s1')
    expect(() => Reflect.apply(wss.disconnect, wss, [{}])).toThrow(TypeError)
  })

  it.each([-4_000, 4_000])('disconnect reaches a node whose clock is off by %s ms', async (offMs) => {
    const revocations = new MemoryRevocations()
    const wallMs = new FakeClock().wallNow()
    const here = await clocked({ revocations, clock: new FakeClock(0, wallMs) })
    const there = await clocked({ revocations, clock: new FakeClock(0, wallMs + offMs) })
    const alice = await join(there.url, 'alice')
    expect(here.wss.disconnect({ userId: 'alice' })).toBe(0)
    expect((await alice.closed).code).toBe(4004)
  })

  it('disconnect does not come back to who came after it, however late its own notice is', async () => {
    const notices: (() => void)[] = []
    class Late extends MemoryRevocations {
      override add(revocation: Revocation): Promise<void> {
        return new Promise((resolve) => notices.push(() => resolve(super.add(revocation))))
      }
    }
    const { wss, url } = await clocked({ revocations: new Late() })
    wss.disconnect({ userId: 'alice' })
    const alice = await join(url, 'alice')
    for (const notice of notices) notice()
    expect(wss.stats().live).toBe(1)
    expect(alice.socket.readyState).toBe(1)
  })

  it('disconnect on another node leaves alone who came well after it, however late its notice is', async () => {
    const notices: (() => void)[] = []
    const revocations = new MemoryRevocations()
    const add = revocations.add.bind(revocations)
    revocations.add = async (revocation) => {
      notices.push(() => void add(revocation))
    }
    const [here, there] = [await clocked({ revocations }), await clocked({ revocations })]
    const early = await join(there.url, 'alice')
    here.wss.disconnect({ userId: 'alice' })
    there.clock.advance(6_000)
    const late = await join(there.url, 'alice')
    for (const notice of notices) notice()
    expect((await early.closed).code).toBe(4004)
    expect(late.socket.readyState).toBe(1)
    expect(there.wss.stats().live).toBe(1)
  })

  it('disconnect leaves alone who is being verified: their credential is good', async () => {
    const verdicts: (() => void)[] = []
    const verifier: Verifier = (userId) =>
      new Promise((resolve) => verdicts.push(() => resolve({ userId, issuedAt: 0 })))
    const revocations = new MemoryRevocations()
    const [here, there] = [await start({ verifier, revocations }), await start({ verifier, revocations })]
    for (const { url } of [here, there]) {
      const client = dial(url)
      await once(client.socket, 'open')
      client.send('{"type":"auth","token":"alice"}')
      await expect.poll(() => verdicts.length).toBe(1)
      expect(here.wss.disconnect({ userId: 'alice' })).toBe(0)
      verdicts.pop()?.()
      expect(await client.message(0)).toBe('{"type":"auth_ok","userId":"alice"}')
      client.socket.terminate()
      await expect.poll(() => here.wss.stats().live).toBe(0)
    }
  })

  it('a revocation that names nobody finds whom it means', async () => {
    const revocations = new MemoryRevocations()
    const { url } = await clocked({ revocations })
    const [alice, bob] = [await join(url, 'alice'), await join(url, 'bob')]
    const nowMs = new FakeClock().wallNow()
    const times = { issuedBeforeMs: nowMs, marginMs: 0, expiresAtMs: nowMs + 60_000 }
    await revocations.add({ userId: hashedId('alice'), hashed: true, ...times })
    expect((await alice.closed).code).toBe(4004)
    expect(bob.socket.readyState).toBe(1)
  })

  it('revoke by user, session and generated session; what was made before is refused, what is newer is not', async () => {
    const { wss, url, clock } = await clocked()
    const alice = await join(url, 'alice')
    const { client: bob, socket } = await admit(wss, () => join(url, 'bob'))
    await wss.revoke({ userId: 'alice' })
    expect(await alice.closed).toEqual({ code: 4004, reason: 'Session revoked' })
    await wss.revoke({ sessionId: socket.auth.sessionId })
    expect((await bob.closed).code).toBe(4004)
    const again = dial(url)
    await once(again.socket, 'open')
    again.send('{"type":"auth","token":"alice"}')
    expect((await again.closed).code).toBe(4001)
    clock.advance(1_000)
    await join(url, 'alice')
  })

  it('with a margin, those who present a newer token stay', async () => {
    const { wss, url, clock } = await clocked()
    const [keen, idle, old] = [
      await join(url, 'alice;s1'),
      await join(url, 'alice;s2'),
      await signIn(url, 'alice'),
    ]
    await wss.revoke({ userId: 'alice' }, { marginMs: 5_000 })
    // Version 0 cannot be asked.
    expect((await old.closed).code).toBe(4004)
    // Asked in the second of the revocation, a quick client would bring a token that dies with it.
    clock.advance(999)
    expect(wss.stats().live).toBe(2)
    clock.advance(1)
    expect(await keen.controlAt(0)).toEqual({ type: 'auth_required', deadlineMs: 4_000, reason: 'revoked' })
    clock.advance(1_000)
    keen.control({ type: 'auth', token: 'alice;s1' })
    expect(await keen.controlAt(1)).toMatchObject({ type: 'auth_ok' })
    clock.advance(3_000)
    expect(await idle.closed).toEqual({ code: 4004, reason: 'Session revoked' })
    expect(keen.socket.readyState).toBe(1)
  })

  it('with a margin, a timer that comes late makes it no longer', async () => {
    const { wss, url, clock } = await clocked()
    const client = await join(url, 'alice')
    await wss.revoke({ userId: 'alice' }, { marginMs: 5_000 })
    clock.sleep(3_000)
    clock.advance(0)
    expect(await client.controlAt(0)).toMatchObject({ type: 'auth_required', deadlineMs: 2_000 })
    clock.advance(2_000)
    expect(await client.closed).toMatchObject({ code: 4004 })
  })

  it('with a margin, who holds a token that was revoked by its own name is asked at once: any other is newer', async () => {
    const { wss, url, clock } = await clocked({ verifier: (userId) => ({ userId, tokenId: 't1' }) })
    const client = await join(url, 'alice')
    await wss.revoke({ tokenId: 't1' }, { marginMs: 5_000 })
    clock.advance(0)
    expect(await client.controlAt(0)).toEqual({ type: 'auth_required', deadlineMs: 5_000, reason: 'revoked' })
  })

  it('a revocation that races a handshake or a refresh leaves no live socket', async () => {
    const answers: (() => void)[] = []
    const clock = new FakeClock()
    const revocations = new MemoryRevocations({ now: () => clock.wallNow() })
    // The store's answer is from before the revocation, as that of a slow one would be.
    const stale = {
      isRevoked: () => false,
      add: revocations.add.bind(revocations),
      subscribe: revocations.subscribe.bind(revocations),
    }
    const { wss, url } = await start({
      clock,
      revocations: stale,
      verifier: (token) =>
        new Promise((resolve) =>
          answers.push(() => resolve({ userId: token, issuedAt: clock.wallNow() - 5_000 })),
        ),
    })
    const sockets = admitted(wss)
    const client = dial(url)
    await once(client.socket, 'open')
    client.send('{"type":"auth","token":"alice"}')
    await expect.poll(() => answers.length).toBe(1)
    await wss.revoke({ userId: 'alice' })
    answers[0]?.()
    expect((await client.closed).code).toBe(4001)
    expect(wss.stats()).toMatchObject({ live: 0, verifying: 0 })
    expect(sockets).toEqual([])
  })

  it('resolves when the store has it, and not before; what it cannot keep is told', async () => {
    const revocations = new MemoryRevocations()
    const failing = {
      isRevoked: () => false,
      subscribe: revocations.subscribe.bind(revocations),
      add: async () => Promise.reject(new Error('disk full')),
    }
    const { wss, url } = await start({ revocations: failing, verifier: () => ({ userId: 'alice' }) })
    const client = await join(url)
    await expect(wss.revoke({ userId: 'alice' })).rejects.toThrow('disk full')
    expect(client.socket.readyState).toBe(1)
    await expect(Reflect.apply(wss.revoke, wss, [{}])).rejects.toThrow(TypeError)
    for (const args of [
      [],
      [{ userId: 'a', sessionId: 'b' }],
      [{ userId: 'a' }, { issuedBefore: null }],
      [{ userId: 'a' }, { issuedBefore: '2026-01-01' }],
      [{ userId: 'a' }, { issuedBefore: new Date(Number.NaN) }],
      [{ userId: 'a' }, { marginMs: '5' }],
    ]) {
      await expect(Reflect.apply(wss.revoke, wss, args)).rejects.toThrow(/^revoke: /)
    }
  })

  it('goes on with a store of plain JavaScript that throws at once, or gives no way to call off', async () => {
    const careless = {
      isRevoked: () => false,
      subscribe: () => undefined,
      add: () => {
        throw new Error('disk full')
      },
    }
    const { wss, url } = await start({
      revocations: careless as object as RevocationStore,
      verifier: () => ({ userId: 'alice' }),
    })
    const told: string[] = []
    wss.on('hook_error', ({ hook, error }) => told.push(`${hook}: ${error}`))
    const client = await join(url)
    expect(wss.disconnect({ userId: 'alice' })).toBe(1)
    await client.closed
    expect(told).toEqual(['revocations: Error: disk full'])
    await stopAll()
    await expect.poll(() => told).toHaveLength(2)
    expect(told[1]).toMatch(/^revocations: TypeError/)
  })
})

describe('requireAuth', () => {
  it('resolves with the newer auth', async () => {
    const { wss, url } = await clocked()
    const { client, socket } = await admit(wss, () => join(url))
    const stepped = socket.requireAuth({ deadlineMs: 10_000 })
    expect(await client.controlAt(0)).toEqual({
      type: 'auth_required',
      deadlineMs: 10_000,
      reason: 'step_up',
    })
    client.control({ type: 'auth', token: 'alice' })
    expect(await stepped).toBe(socket.auth)
  })

  it('rejects when the deadline passes or the peer goes', async () => {
    const { wss, url, clock } = await clocked()
    const { client, socket } = await admit(wss, () => join(url))
    const stepped = socket.requireAuth({ deadlineMs: 10_000 })
    const rejected = expect(stepped).rejects.toMatchObject({ name: 'AuthError', error: 'timeout' })
    await client.controlAt(0)
    clock.advance(10_000)
    await rejected
    expect((await client.closed).reason).toBe('Authentication timeout')
    const another = await admit(wss, () => join(url))
    const gone = another.socket.requireAuth()
    another.client.socket.terminate()
    await expect(gone).rejects.toBeInstanceOf(AuthError)
    await expect(another.socket.requireAuth()).rejects.toBeInstanceOf(AuthError)
  })
})

it('a demand that nobody waits for ends with its connection, and rejects nowhere', async () => {
  const { wss, url } = await clocked()
  const { client, socket } = await admit(wss, () => join(url))
  const rejections = vi.fn()
  process.on('unhandledRejection', rejections)
  void socket.requireAuth()
  client.socket.terminate()
  await once(socket, 'close')
  await new Promise(setImmediate)
  process.off('unhandledRejection', rejections)
  expect(rejections).not.toHaveBeenCalled()
})

describe('P3: what nobody can wait for is no demand', () => {
  it.each<[string, object]>([
    ['no number', { deadlineMs: Number.NaN }],
    ['never', { deadlineMs: Number.POSITIVE_INFINITY }],
    ['a time in the past', { deadlineMs: -1 }],
    ['no time at all', { deadlineMs: 0 }],
    ['text', { deadlineMs: '5' }],
    ['a reason that clients do not know', { reason: 'because' }],
    ['a reason of the prototype', { reason: 'toString' }],
  ])('requireAuth refuses %s, and the connection ends when its credential does', async (_, demand) => {
    const { wss, url, clock } = await clocked({ heartbeatMs: Number.POSITIVE_INFINITY })
    const { client, socket } = await admit(wss, () => join(url))
    expect(() => Reflect.apply(socket.requireAuth, socket, [demand])).toThrow(TypeError)
    clock.advance(lifeMs)
    expect((await client.closed).code).toBe(4002)
  })
})

describe('revalidation', () => {
  it('closes a session that the verifier does not confirm, and takes over what changed', async () => {
    const clock = new FakeClock()
    const roles = new Map([
      ['alice', 'admin'],
      ['bob', 'user'],
    ])
    const look = (token: string): Principal => {
      const role = roles.get(token)
      if (role === undefined) throw new AuthError('invalid_token')
      return { userId: token, claims: { role } }
    }
    const verifier: Verifier = Object.assign((token: string) => look(token), { revalidate: look })
    const { wss, url } = await start({ clock, verifier, revalidateMs: 60_000, heartbeatMs: 1e9 })
    const { client: bob } = await admit(wss, () => join(url, 'bob'))
    const { socket } = await admit(wss, () => join(url, 'alice'))
    roles.set('alice', 'user')
    roles.delete('bob')
    await clock.advanceAsync(60_000)
    expect(await bob.closed).toEqual({ code: 4004, reason: 'Session revoked' })
    expect(socket.auth.claims).toEqual({ role: 'user' })
  })

  it('asks for nobody who came by a ticket: it is used up, and the token behind it is kept nowhere', async () => {
    const clock = new FakeClock()
    const asked: string[] = []
    const revalidate = (token: string): Principal => {
      asked.push(token)
      throw new AuthError('invalid_token')
    }
    const verifier: Verifier = Object.assign(() => ({ userId: 'alice' }), { revalidate })
    const store = new MemoryTicketStore()
    const { wss, url } = await start({
      clock,
      verifier,
      methods: [ticket({ store })],
      revalidateMs: 60_000,
      heartbeatMs: 1e9,
    })
    const { ticket: one } = await issueTicket({ store, principal: { userId: 'alice' } })
    const client = dial(`${url}?ticket=${one}`, ['wsauth.v1'])
    await client.message(0)
    await clock.advanceAsync(600_000)
    expect(asked).toEqual([])
    expect(wss.stats().live).toBe(1)
  })
})

describe('heartbeats', () => {
  it('pings when nothing was sent, and drops a peer that is silent for two of them', async () => {
    const { wss, url, clock } = await clocked({ heartbeatMs: 25_000 })
    const { client, socket } = await admit(wss, () => join(url))
    const pinged = once(client.socket, 'ping')
    const ponged = once(socket, 'pong')
    clock.advance(25_000)
    expect(await client.controlAt(0)).toEqual({ type: 'ping' })
    await pinged
    await ponged
    clock.advance(25_000)
    await client.controlAt(1)
    await once(socket, 'pong')
    client.socket.pause()
    clock.advance(50_000)
    await once(socket, 'close')
    expect(wss.clients.size).toBe(0)
    client.socket.terminate()
  })

  it('does not ping a peer that gave a sign of life a moment ago, be it no message', async () => {
    const { wss, url, clock } = await clocked({ heartbeatMs: 25_000 })
    const { client, socket } = await admit(wss, () => join(url))
    const pings: unknown[] = []
    client.socket.on('ping', (data) => pings.push(data))
    clock.advance(24_000)
    const heard = once(socket, 'ping')
    client.socket.ping()
    await heard
    clock.advance(1_000)
    // It is for the client, which cannot see the frame.
    expect(await client.controlAt(0)).toEqual({ type: 'ping' })
    const next = once(client.socket, 'message')
    socket.send('a frame of the server would stand before this')
    await next
    expect(pings).toEqual([])
  })
})

describe('a peer that the application does not read', () => {
  it('is not taken for silent, however long that lasts, and is heard afterwards', async () => {
    const { wss, url, clock } = await clocked({ heartbeatMs: 25_000 })
    const { client, socket } = await admit(wss, () => join(url))
    socket.pause()
    client.send('meanwhile')
    for (let beat = 0; beat < 6; beat++) clock.advance(25_000)
    expect(wss.stats()).toMatchObject({ live: 1, ended: {} })
    const message = once(socket, 'message')
    socket.resume()
    expect(String((await message)[0])).toBe('meanwhile')
  })
})

describe('a large message that takes long', () => {
  it('is heard while it comes in, though it is no frame yet', async () => {
    const { wss, port, clock } = await clocked({ heartbeatMs: 25_000 })
    const connected = once(wss, 'connection')
    const client = raw(
      port,
      Buffer.concat([Buffer.from(upgradeRequest()), frame('{"type":"auth","token":"alice"}')]),
    )
    const [socket] = (await connected) as [AuthWebSocket]
    const message = once(socket, 'message')
    const bytes = frame(Buffer.alloc(50_000, 'x'))
    for (let at = 0; at < bytes.length; at += 10_000) {
      const part = bytes.subarray(at, at + 10_000)
      const before = client.socket.bytesWritten
      client.socket.write(part)
      await expect.poll(() => client.socket.bytesWritten - before).toBe(part.length)
      // The server answers nothing to a piece of a frame, so another connection shows that it was read.
      await signIn(`ws://127.0.0.1:${port}`, 'probe')
      clock.advance(25_000)
      expect(socket.readyState).toBe(1)
    }
    await message
    client.socket.destroy()
  })
})

describe('a peer that says something and leaves', () => {
  it('is heard to the end, though its transport is gone before the last message is inflated', async () => {
    const slowly: Verifier = async (userId) => ({ userId })
    const { wss, url } = await start({ verifier: slowly }, { perMessageDeflate: true })
    const lengths: number[] = []
    wss.on('connection', (socket) => socket.on('message', (data) => lengths.push(String(data).length)))
    const client = dial(url, [], {
      headers: { Authorization: 'Bearer alice' },
      perMessageDeflate: { threshold: 0 },
    })
    await once(client.socket, 'open')
    const text = 'x'.repeat(500_000)
    for (let i = 0; i < 20; i++) await new Promise((resolve) => client.socket.send(text, resolve))
    client.socket.terminate()
    await expect.poll(() => wss.stats()).toMatchObject({ admitted: 1, live: 0 })
    await expect.poll(() => lengths).toEqual(Array(20).fill(500_000))
  })
})

describe('drain', () => {
  it('tells each client its own time, closes them over time with 1012, and counts', async () => {
    const { wss, url, clock } = await clocked()
    const clients: Client[] = []
    for (let i = 0; i < 20; i++) clients.push(await join(url, `user${i}`))
    const pending = dial(url)
    await once(pending.socket, 'open')
    const drained = wss.drain({ overMs: 10_000, batch: 7 })
    expect((await pending.closed).code).toBe(1012)
    const told = await Promise.all(clients.map((client) => client.controlAt(0)))
    expect(new Set(told.map(({ type }) => type))).toEqual(new Set(['going_away']))
    expect(new Set(told.map(({ retryAfterMs }) => retryAfterMs)).size).toBeGreaterThan(10)
    const late = dial(url)
    await once(late.socket, 'unexpected-response').catch(() => {})
    expect(wss.stats().refused).toMatchObject({ service_restart: 2 })
    clients[0]?.socket.terminate()
    await expect.poll(() => wss.stats().live).toBe(19)
    clock.advance(5_000)
    expect(wss.stats().live).toBeGreaterThan(4)
    expect(wss.stats().live).toBeLessThan(15)
    clock.advance(5_000)
    expect(await drained).toEqual({ closed: 19, left: 1, refused: 1 })
    const { code, reason } = (await clients[1]?.closed) ?? {}
    expect([code, reason]).toEqual([1012, expect.stringMatching(/^Service restart; retry-after-ms=\d+$/)])
  })

  it('resolves when the sockets are gone, so that the process may end: not when their Close frame is due', async () => {
    const { wss, url, port } = await start({ limits: { closeTimeoutMs: 100 } })
    const answers = await signIn(url)
    const silent = raw(port, upgradeRequest())
    await silent.until('101')
    silent.socket.write(frame('{"type":"auth","token":"good:bob"}'))
    await silent.until('auth_ok')
    // A stranger who was here before is none of those that are waited for.
    const stranger = dial(url)
    await once(stranger.socket, 'open')
    stranger.socket.terminate()
    await expect.poll(() => wss.stats().pending).toBe(0)
    expect(await wss.drain({ overMs: 0 })).toEqual({ closed: 2, left: 0, refused: 0 })
    expect(wss.clients.size).toBe(0)
    expect((await answers.closed).code).toBe(1012)
    silent.socket.destroy()
    expect(await wss.drain()).toEqual({ closed: 0, left: 0, refused: 0 })
  })

  it('counts as refused whom it refuses itself, not who was told before and has not gone yet', async () => {
    const { wss, url, port } = await start({ limits: { closeTimeoutMs: 60_000 } })
    const told = raw(port, upgradeRequest())
    await told.until('101')
    told.socket.write(frame('{"type":"auth","token":"bad"}'))
    await told.until('Authentication failed')
    const pending = dial(url)
    await once(pending.socket, 'open')
    expect(wss.stats().pending).toBe(2)
    expect(await wss.drain({ overMs: 0 })).toEqual({ closed: 0, left: 0, refused: 1 })
    told.socket.destroy()
    await pending.closed
  })
})

describe('continuous', () => {
  const message = (token: string, data: string) => JSON.stringify({ type: 'message', token, data })

  it('delivers what a good token of the same user came with, in order, one at a time', async () => {
    const waiting: string[] = []
    const { wss, url } = await start({
      continuous: true,
      verifier: async (token, { reason }) => {
        waiting.push(`${reason} ${token}`)
        await new Promise((resolve) => setImmediate(resolve))
        return { userId: token.split('-')[0] ?? '' }
      },
    })
    const seen: string[] = []
    wss.on('connection', (socket) =>
      socket.on('message', (data, isBinary) => seen.push(`${data} ${isBinary}`)),
    )
    const client = await signIn(url, 'alice-0')
    client.send(...[1, 2, 3, 4].map((i) => message(`alice-${i}`, `text ${i}`)))
    await expect.poll(() => seen).toEqual(['text 1 false', 'text 2 false', 'text 3 false', 'text 4 false'])
    expect(waiting).toEqual(['connect alice-0', ...[1, 2, 3, 4].map((i) => `message alice-${i}`)])
  })

  /** Somebody who is signed in, and whose messages wait until the test gives their verdicts. */
  async function inSuspense() {
    const verdicts: (() => void)[] = []
    const { wss, url } = await start({
      continuous: true,
      verifier: (userId, { reason }) => {
        if (reason === 'connect') return { userId }
        return new Promise((resolve) => verdicts.push(() => resolve({ userId })))
      },
    })
    const connected = once(wss, 'connection')
    const client = await signIn(url, 'alice')
    const [socket] = await connected
    return { verdicts, client, socket }
  }

  it('reads nothing while a token is verified, and reads on afterwards', async () => {
    const { verdicts, client, socket } = await inSuspense()
    const delivered = once(socket, 'message')
    client.send(message('alice', 'x'))
    await expect.poll(() => verdicts.length).toBe(1)
    expect(socket.isPaused).toBe(true)
    verdicts.pop()?.()
    await delivered
    await new Promise(setImmediate)
    expect(socket.isPaused).toBe(false)
  })

  it('delivers nothing to an application that closed while a token was verified', async () => {
    const { verdicts, client, socket } = await inSuspense()
    const seen: string[] = []
    socket.on('message', (data: Buffer) => seen.push(String(data)))
    client.send(message('alice', 'late'))
    await expect.poll(() => verdicts.length).toBe(1)
    socket.close(1000)
    verdicts[0]?.()
    await client.closed
    expect(seen).toEqual([])
  })

  it('takes no token of another issuer, whoever it names', async () => {
    const { url } = await start({
      continuous: true,
      verifier: (issuer) => ({ userId: 'alice', issuer }),
    })
    const client = await signIn(url, 'https://one.example')
    client.send(message('https://two.example', 'x'))
    expect(await client.closed).toEqual({ code: 4001, reason: 'Authentication failed' })
  })

  it('delivers nothing whose token was revoked while it was verified', async () => {
    const verdicts: (() => void)[] = []
    const revocations = new MemoryRevocations()
    // The store's answer is from before the revocation.
    const stale = {
      isRevoked: () => false,
      add: revocations.add.bind(revocations),
      subscribe: revocations.subscribe.bind(revocations),
    }
    const { wss, url } = await start({
      continuous: true,
      revocations: stale,
      verifier: (tokenId, { reason }) => {
        if (reason === 'connect') return { userId: 'alice', tokenId }
        return new Promise((resolve) => verdicts.push(() => resolve({ userId: 'alice', tokenId })))
      },
    })
    const connected = once(wss, 'connection')
    const client = await signIn(url, 'first')
    const [socket] = await connected
    const seen: string[] = []
    socket.on('message', (data: Buffer) => seen.push(String(data)))
    client.send(message('second', 'x'))
    await expect.poll(() => verdicts.length).toBe(1)
    await wss.revoke({ tokenId: 'second' })
    verdicts[0]?.()
    expect(await client.closed).toEqual({ code: 4001, reason: 'Authentication failed' })
    expect(seen).toEqual([])
  })

  it('does not read on behind an application that paused before', async () => {
    const { wss, url } = await start({ continuous: true })
    const connected = once(wss, 'connection')
    const client = await signIn(url)
    const [socket] = await connected
    // Two messages of one read: the second comes though the first one's listener paused.
    const seen: string[] = []
    socket.on('message', (data: Buffer) => seen.push(String(data)))
    socket.pause()
    socket.emit('message', Buffer.from(message('good:alice', 'late')), false)
    await expect.poll(() => seen).toEqual(['late'])
    await new Promise(setImmediate)
    expect(socket.isPaused).toBe(true)
    client.socket.terminate()
  })

  it.each([
    ['a bad token', message('bad', 'x'), 'Authentication failed'],
    ['another user', message('good:bob', 'x'), 'Authentication failed'],
    ['no token', 'x', 'Invalid request'],
  ])('%s: not delivered, nor what follows, and 4001', async (_, text, reason) => {
    const { wss, url } = await start({ continuous: true })
    const seen: string[] = []
    wss.on('connection', (socket) => socket.on('message', (data) => seen.push(String(data))))
    const client = await signIn(url)
    client.send(message('good:alice', 'first'), text, message('good:alice', 'last'))
    expect(await client.closed).toEqual({ code: 4001, reason })
    expect(seen).toEqual(['first'])
  })

  it('leaves a socket paused that the application paused, and waits for the verdict where it resumes', async () => {
    const verdicts: (() => void)[] = []
    const { wss, url } = await start({
      continuous: true,
      verifier: (_, { reason }) => {
        if (reason === 'connect') return { userId: 'alice' }
        return new Promise((resolve) => verdicts.push(() => resolve({ userId: 'alice' })))
      },
    })
    const connected = once(wss, 'connection')
    const client = await signIn(url, 'alice')
    const [socket] = await connected
    const seen: string[] = []
    socket.on('message', (data: Buffer) => {
      seen.push(String(data))
      socket.pause()
    })
    client.send(message('alice', 'first'))
    await expect.poll(() => verdicts.length).toBe(1)
    socket.pause()
    socket.resume()
    expect(socket.isPaused).toBe(true)
    verdicts[0]?.()
    await expect.poll(() => seen).toEqual(['first'])
    await new Promise((resolve) => setImmediate(resolve))
    expect(socket.isPaused).toBe(true)
    socket.resume()
    expect(socket.isPaused).toBe(false)
    client.send(message('alice', 'second'))
    await expect.poll(() => verdicts.length).toBe(2)
  })

  it.each(['token_expired', 'session_revoked'] as const)(
    'a token that the verifier calls %s closes with 4001 like every bad one',
    async (error) => {
      const { url } = await start({
        continuous: true,
        verifier: (token, { reason }) => {
          if (reason === 'message') throw new AuthError(error)
          return { userId: token }
        },
      })
      const client = await signIn(url, 'alice')
      client.send(message('alice', 'x'))
      expect(await client.closed).toEqual({ code: 4001, reason: 'Authentication failed' })
    },
  )
})

describe('allowAnonymous', () => {
  it('lets a client in without a credential, which may sign in later', async () => {
    const { wss, url } = await start({ allowAnonymous: true })
    const connected = once(wss, 'connection')
    const client = dial(url, ['wsauth.v1'])
    const { channel, userId } = JSON.parse(await client.message(0))
    expect(userId).toBe('')
    const [socket] = await connected
    expect(socket.auth).toMatchObject({ userId: '', method: 'anonymous' })
    client.send(JSON.stringify({ wsauth: channel, type: 'auth', token: 'good:alice' }))
    await client.message(1)
    expect(socket.auth).toMatchObject({ userId: 'alice', method: 'firstMessage' })
    expect(wss.disconnect({ userId: 'alice' })).toBe(1)
    expect(socket.auth.sessionId).not.toBe(channel)
  })
})

it('ends each socket once: the listener of ws that would do it again is found, and stood in for', async () => {
  const { wss, url } = await start()
  const connected = once(wss, 'connection')
  const client = await signIn(url, 'good:alice')
  const [, request] = await connected
  const names = request.socket.listeners('end').map(({ name }: { name: string }) => name)
  expect(names).not.toContain('socketOnEnd')
  expect(names.at(-1)).toBe('quiet')
  client.socket.close()
  await once(client.socket, 'close')
})
