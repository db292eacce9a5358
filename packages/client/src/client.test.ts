import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { FakeWebSocket } from '../test/support/fake-web-socket.ts'
import { authOk, control, play } from '../test/support/stage.ts'
import { AuthClient, SignInRequired } from './index.ts'

const firstMessage = '{"type":"auth","token":"token-number-one","v":1}'

describe('connecting', () => {
  it('fetches the token before it dials, sends it first, and is open after auth_ok', async () => {
    const { client, told, socket, settle } = play()
    expect(FakeWebSocket.made).toEqual([])
    await settle()
    expect(client.state).toBe('connecting')
    socket().open()
    expect(socket().sent).toEqual([firstMessage])
    expect(client.state).toBe('authenticating')
    socket().receive(authOk)
    expect(client.state).toBe('open')
    expect(client.userId).toBe('alice')
    expect(told).toEqual([
      ['state', 'connecting'],
      ['state', 'authenticating'],
      ['state', 'open'],
      ['auth_ok', { userId: 'alice', sessionId: 's1', expiresInMs: 900_000 }],
      ['open', { userId: 'alice' }],
    ])
  })

  it('P1 delivers nothing before auth_ok, and afterwards all but control', async () => {
    const { told, socket, settle } = play()
    await settle()
    socket().open()
    socket().receive('too early')
    socket().receive(new ArrayBuffer(1))
    socket().receive(authOk)
    for (const text of ['hello', '{"type":"auth_ok"}', '{"wsauth":"BBBBBBBBBBBBBBBB","type":"ping"}']) {
      socket().receive(text)
    }
    const bytes = new ArrayBuffer(2)
    socket().receive(bytes)
    socket().receive(control({ type: 'ping' }))
    socket().receive(control({ type: 'from_a_later_version' }))
    const messages = told.filter(([name]) => name === 'message').map(([, data]) => data)
    expect(messages).toEqual([
      'hello',
      '{"type":"auth_ok"}',
      '{"wsauth":"BBBBBBBBBBBBBBBB","type":"ping"}',
      bytes,
    ])
    expect(socket().binaryType).toBe('arraybuffer')
  })

  it('does not dial with `connect: false` until told to', async () => {
    const { client, settle } = play({ connect: false })
    await settle()
    expect([client.state, FakeWebSocket.made.length]).toEqual(['idle', 0])
    client.connect()
    client.connect()
    await settle()
    expect([client.state, FakeWebSocket.made.length]).toEqual(['connecting', 1])
  })

  it.each([
    ['connectTimeoutMs', 10_000, () => {}],
    ['authTimeoutMs', 10_000, () => FakeWebSocket.last.open()],
  ])('%s: retry', async (_, ms, until) => {
    const { client, clock, settle } = play()
    await settle()
    until()
    await clock.advanceAsync(ms - 1)
    expect(client.state).not.toBe('waiting')
    await clock.advanceAsync(1)
    expect(client.state).toBe('waiting')
  })

  it.each([
    ['ws://example.com', { token: 't' }, 'wss:'],
    ['ws://localhost.example.com', { token: 't' }, 'wss:'],
    ['ws://localhost:80@example.com/', { token: 't' }, 'wss:'],
    ['ws://127.0.0.1.example.com/', { token: 't' }, 'wss:'],
    ['ftp://example.com', { token: 't' }, 'wss://'],
    ['wss://example.com/#here', { token: 't' }, 'wss://'],
    ['nowhere', { token: 't' }, 'URL'],
    ['wss://example.com', {}, 'token'],
    ['wss://example.com', { token: '' }, 'token'],
  ])('%s with %o is a TypeError that says what to write', (url, options, hint) => {
    const make = () => new AuthClient(url, { connect: false, ...options })
    expect(make).toThrow(TypeError)
    expect(make).toThrow(hint)
  })

  it.each([
    'ws://localhost/',
    'ws://a.localhost:80',
    'ws://127.8.9.1?x',
    'ws://[::1]:8080',
    'https://example.com',
  ])('P7 may send a token to %s', (url) => {
    expect(() => new AuthClient(url, { token: 't', connect: false })).not.toThrow()
  })

  it('P7 sends to any host with allowInsecure', () => {
    expect(
      () => new AuthClient('ws://example.com', { token: 't', connect: false, allowInsecure: true }),
    ).not.toThrow()
  })
})

describe('token provider', () => {
  it('retries what it throws, and says so', async () => {
    const { client, told, settle } = play({ token: () => Promise.reject(new Error('offline')) })
    await settle()
    expect(client.state).toBe('waiting')
    expect(told).toContainEqual(['error', new Error('offline')])
    expect(told).toContainEqual([
      'close',
      { code: 4001, reason: 'No token', action: 'retry', retryInMs: 500 },
    ])
    client.close()
  })

  it('stops on SignInRequired', async () => {
    const { client, told, settle } = play({
      token: () => {
        throw new SignInRequired()
      },
    })
    const ready = expect(client.ready()).rejects.toThrow('4001')
    await settle()
    await ready
    expect(client.state).toBe('closed')
    expect(told.at(-1)).toEqual([
      'close',
      { code: 4001, reason: 'No token', action: 'stop', retryInMs: undefined },
    ])
  })

  it('is given up and told so when it takes too long', async () => {
    let aborted = false
    const { client, clock } = play({
      token: ({ signal }) => {
        signal.addEventListener('abort', () => {
          aborted = true
        })
        return new Promise(() => {})
      },
    })
    await clock.advanceAsync(9_999)
    expect([client.state, aborted]).toEqual(['connecting', false])
    await clock.advanceAsync(1)
    expect([client.state, aborted]).toEqual(['waiting', true])
    client.close()
  })

  it('P6 names the refused token, and never presents it again', async () => {
    const asked: unknown[] = []
    const { client, clock, told, socket, settle } = play({
      token: ({ reason, refused }) => {
        asked.push([reason, refused])
        return 'always-the-same'
      },
    })
    await settle()
    socket().open()
    socket().receive({ type: 'auth_fail', error: 'invalid_token', action: 'refresh' })
    socket().end(4001, 'Authentication failed')
    expect(client.state).toBe('waiting')
    await clock.advanceAsync(500)
    expect(asked).toEqual([
      ['connect', undefined],
      ['refused', 'always-the-same'],
    ])
    expect(client.state).toBe('closed')
    expect(FakeWebSocket.made.length).toBe(1)
    expect(told).toContainEqual(['auth_fail', { error: 'invalid_token', action: 'refresh', retryAfterMs: 0 }])
    client.connect()
    await settle()
    expect([client.state, FakeWebSocket.made.length]).toEqual(['closed', 1])
  })
})

describe('after a loss', () => {
  it.each([
    [1006, '', 'retry', 500],
    [1012, 'Service restart; retry-after-ms=4000', 'retry', 4_500],
    [1000, '', 'stop', undefined],
    [4002, 'Token expired', 'refresh', 500],
    [4003, 'Forbidden', 'stop', undefined],
    [4004, 'Session revoked', 'stop', undefined],
    [4029, 'Too many attempts; retry-after-ms=1000', 'retry', 1_500],
    [4444, 'mine', 'stop', undefined],
  ] as const)('%i %s is %s', async (code, reason, action, retryInMs) => {
    const { told, open, client } = play()
    const socket = await open()
    socket.end(code, reason)
    expect(told.at(-1)).toEqual(['close', { code, reason, action, retryInMs }])
    client.close()
  })

  it('asks `classify` about codes of the application', async () => {
    const { told, open, client } = play({ classify: ({ code }) => (code === 4444 ? 'retry' : undefined) })
    const socket = await open()
    socket.end(4444, 'mine')
    expect(told.at(-1)).toMatchObject(['close', { action: 'retry' }])
    client.close()
  })

  it('doubles the wait, and starts anew only after auth_ok and 5 s of health', async () => {
    const { clock, told, open, socket, client } = play()
    const waits = () => told.flatMap(([name, event]) => (name === 'close' ? [Object(event).retryInMs] : []))
    for (const ms of [500, 1_000, 2_000]) {
      await open()
      await clock.advanceAsync(4_999)
      socket().end()
      await clock.advanceAsync(ms)
    }
    await open()
    await clock.advanceAsync(5_000)
    socket().end()
    expect(waits()).toEqual([500, 1_000, 2_000, 500])
    client.close()
  })

  it('is over with `reconnect: false`', async () => {
    const { client, open } = play({ reconnect: false })
    const socket = await open()
    socket.end()
    expect(client.state).toBe('closed')
  })

  it('close() leaves no timer, listener or socket behind', async () => {
    for (const at of ['token', 'dialling', 'authenticating', 'open', 'waiting'] as const) {
      const { client, clock, told, socket, settle } = play()
      if (at !== 'token') await settle()
      if (at === 'authenticating' || at === 'open') socket().open()
      if (at === 'open') socket().receive(authOk)
      if (at === 'waiting') socket().end()
      client.close(4_000, 'bye')
      client.close()
      expect(client.state).toBe('closed')
      if (at === 'open') {
        expect(socket().closedWith).toEqual([4_000, 'bye'])
        socket().end(4_000, 'bye')
      }
      await settle()
      expect([at, clock.pending]).toEqual([at, 0])
      expect(told.filter(([name]) => name === 'close')).toHaveLength(at === 'waiting' ? 1 : 1)
      expect(socket.length && socket().onmessage).toBeFalsy()
    }
  })

  it('gives up on a server that does not answer the close', async () => {
    const { client, clock, told, open } = play()
    await open()
    client.close()
    await clock.advanceAsync(2_000)
    expect(told.at(-1)).toMatchObject(['close', { code: 1006, action: 'stop' }])
    expect(clock.pending).toBe(0)
  })
})

describe('outbox', () => {
  it('keeps what is sent before auth_ok and sends it in order, once', async () => {
    const { client, open } = play()
    client.send('one')
    client.send('two')
    const socket = await open()
    client.send('three')
    expect(socket.sent).toEqual([firstMessage, 'one', 'two', 'three'])
  })

  it('P7 drops what was written as another user', async () => {
    const { client, clock, told, open, socket } = play()
    await open()
    socket().end()
    client.send('as alice')
    await clock.advanceAsync(500)
    await open({ ...authOk, userId: 'bob' })
    expect(told).toContainEqual(['dropped', { count: 1, reason: 'user_changed' }])
    expect(socket().sent).toEqual([firstMessage])
  })

  it('drops what waits when the client stops, and takes nothing after', async () => {
    const { client, told } = play()
    client.send('never sent')
    client.close()
    expect(told).toContainEqual(['dropped', { count: 1, reason: 'stopped' }])
    expect(() => client.send('neither')).toThrow('connect()')
  })

  it('is full at 256 messages or 1 MiB', () => {
    const { client } = play({ connect: false })
    for (let n = 0; n < 256; n++) client.send(`${n}`)
    expect(() => client.send('one more')).toThrow('outbox')
    const other = play({ connect: false }).client
    other.send('x'.repeat(1_048_576))
    expect(() => other.send('y')).toThrow('outbox')
  })
})

describe('staying authenticated', () => {
  it('refreshes in place at 70 to 85 % of the life that the server named', async () => {
    const tokens = ['token-number-one', 'token-number-two']
    const asked: string[] = []
    const { clock, told, open, client } = play({
      token: ({ reason }) => {
        asked.push(reason)
        return tokens.shift() ?? ''
      },
    })
    const socket = await open({ ...authOk, heartbeatMs: undefined })
    await clock.advanceAsync(697_499)
    expect(asked).toEqual(['connect'])
    await clock.advanceAsync(1)
    expect(asked).toEqual(['connect', 'refresh'])
    expect(socket.sent.at(-1)).toBe(control({ type: 'auth', token: 'token-number-two' }))
    socket.receive(control({ type: 'auth_ok', expiresInMs: 1_000 }))
    expect(told.at(-1)).toEqual(['refresh', { expiresInMs: 1_000 }])
    client.close()
  })

  it('gives a provider that hangs up, and asks again', async () => {
    let asked = 0
    const { client, clock, open } = play({
      token: () => (asked++ === 1 ? new Promise<string>(() => {}) : `token-number-${asked}`),
    })
    const socket = await open({ ...authOk, heartbeatMs: undefined })
    client.reauthenticate()
    await clock.advanceAsync(10_000)
    await clock.advanceAsync(500)
    expect(socket.sent.at(-1)).toBe(control({ type: 'auth', token: 'token-number-3' }))
    client.close()
  })

  it('sends nothing with an expired token after a sleep', async () => {
    const { client, clock, open, told } = play()
    const socket = await open({ ...authOk, heartbeatMs: undefined })
    clock.sleep(900_000)
    client.send('late')
    expect(socket.sent).toEqual([firstMessage])
    clock.sleep(5_000)
    await clock.advanceAsync(0)
    expect(told.at(-1)).toMatchObject(['close', { code: 4002, action: 'refresh' }])
    client.close()
  })

  it('is gone after two silent heartbeats', async () => {
    const { client, clock, open } = play()
    await open()
    await clock.advanceAsync(49_999)
    expect(client.state).toBe('open')
    await clock.advanceAsync(1)
    expect(client.state).toBe('waiting')
    client.close()
  })

  it('tells a refused refresh, asks once more, and lives on', async () => {
    const asked: unknown[] = []
    const { client, open, told, settle } = play({
      token: ({ reason, refused }) => {
        asked.push([reason, refused])
        return `token-number-${asked.length}`
      },
    })
    const socket = await open()
    client.reauthenticate()
    await settle()
    for (let n = 0; n < 2; n++) {
      socket.receive(control({ type: 'auth_fail', error: 'invalid_token', action: 'refresh' }))
      await settle()
    }
    expect(asked).toEqual([
      ['connect', undefined],
      ['refresh', undefined],
      ['refused', 'token-number-2'],
    ])
    expect(told.filter(([name]) => name === 'auth_fail')).toHaveLength(2)
    expect(client.state).toBe('open')
    client.close()
  })

  it('P6 never presents the second refused refresh again, whatever the provider comes back with', async () => {
    const { client, open, settle } = play({
      token: ({ reason }) =>
        `token-number-${reason === 'connect' ? 'one' : reason === 'refresh' ? 'two' : 'three'}`,
    })
    const socket = await open()
    client.reauthenticate()
    await settle()
    for (let n = 0; n < 2; n++) {
      socket.receive(control({ type: 'auth_fail', error: 'invalid_token', action: 'refresh' }))
      await settle()
    }
    socket.receive(control({ type: 'auth_required', deadlineMs: 5_000, reason: 'step_up' }))
    await settle()
    expect(socket.sent.filter((text) => String(text).includes('token-number-three'))).toHaveLength(1)
    client.close()
  })

  it('comes back after going_away when the server said', async () => {
    const { client, open, told } = play()
    const socket = await open()
    socket.receive(control({ type: 'going_away', retryAfterMs: 7_000 }))
    client.send('still here')
    expect(socket.sent.at(-1)).toBe('still here')
    socket.end()
    expect(told.at(-1)).toMatchObject(['close', { action: 'retry', retryInMs: 7_500 }])
    client.close()
  })

  it('reauthenticate() makes a new connection where control is not spoken', async () => {
    const { client, open, settle } = play()
    await open({ type: 'auth_ok', userId: 'alice' })
    client.reauthenticate()
    await settle()
    expect(FakeWebSocket.made.length).toBe(2)
    client.close()
  })
})

it('P5 a token that the server sends back shows up nowhere', async () => {
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg'
  const { client, open, told, clock } = play({ token })
  const socket = await open({ ...authOk, sessionId: token })
  socket.receive(control({ type: 'auth_fail', error: `no ${token.slice(-12)}`, action: 'stop' }))
  socket.end(4003, `bad token ${token.slice(60, 70)}`)
  await clock.advanceAsync(0)
  const seen = inspect([told, client.explain(), client], { depth: 20 }) + JSON.stringify(client)
  for (let at = 0; at + 8 <= token.length; at++) expect(seen).not.toContain(token.slice(at, at + 8))
  expect(seen).toContain('[secret]')
})

it('explain() tells what happened in words, each failure with a remedy', async () => {
  const { client, open } = play()
  const socket = await open()
  socket.end(4003, 'Forbidden')
  expect(client.explain().map(({ what }) => what)).toEqual([
    'state: connecting',
    'state: authenticating',
    'state: open',
    'auth_ok: userId:alice,sessionId:s1,expiresInMs:900000',
    'open: userId:alice',
    'state: closed',
    'close: code:4003,reason:Forbidden,action:stop',
  ])
  expect(client.explain().at(-1)?.remedy).toBeTruthy()
})
