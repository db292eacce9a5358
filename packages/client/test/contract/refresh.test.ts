import { describe, expect, it, vi } from 'vitest'
import { cookie, query, ticket } from '../../src/index.ts'
import { lasting, living, playing, refreshWith, tokensSent } from '../support/clients.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'
import { authOk, control } from '../support/stage.ts'

// A newer token on a live connection, and what becomes of one that is refused (DESIGN 4.3 and 6).

describe('refresh in place', () => {
  it.each([
    [0, 700_000],
    [0.5, 775_000],
    [0.999_999, 850_000],
  ])(
    'begins at 70 to 85 %% of the life, each connection at its own place: chance %d, %d ms',
    async (chance, atMs) => {
      const { clock, open, asked } = living({ random: () => chance })
      await open({ ...lasting, expiresInMs: 1_000_000 })
      await clock.advanceAsync(atMs - 1)
      expect(asked).toEqual(['connect'])
      await clock.advanceAsync(1)
      expect(asked).toEqual(['connect', 'refresh'])
    },
  )

  it('does not notice a wall clock that is set back', async () => {
    const { client, clock, open, asked } = living()
    const socket = await open({ ...lasting, expiresInMs: 1_000_000 })
    clock.jumpWall(-86_400_000)
    await clock.advanceAsync(774_999)
    client.send('still sent')
    expect([client.state, asked.length, socket.sent.at(-1)]).toEqual(['open', 1, 'still sent'])
    await clock.advanceAsync(1)
    expect(asked).toEqual(['connect', 'refresh'])
  })

  it('a wall clock that is set ahead may be sleep: nothing is sent before a newer token', async () => {
    const { client, clock, open, sent, of } = living()
    await open({ ...lasting, expiresInMs: 1_000_000 })
    clock.jumpWall(86_400_000)
    client.send('waits')
    expect(sent()).toEqual([])
    await clock.advanceAsync(775_000)
    expect(of('close')).toMatchObject([{ code: 4002, action: 'refresh', retryInMs: 500 }])
    await clock.advanceAsync(500)
    await open({ ...lasting, expiresInMs: 1_000_000 })
    expect(sent()).toEqual(['waits'])
  })

  it('goes on for ever, each time by the life that the server named last', async () => {
    const { client, clock, open, of, asked } = living()
    const socket = await open({ ...lasting, expiresInMs: 1_000_000 })
    for (const [n, lifeMs] of [1_000_000, 100_000, 10_000].entries()) {
      await clock.advanceAsync(lifeMs * 0.775)
      expect(socket.sent.at(-1)).toBe(refreshWith(n + 2))
      socket.receive(control({ type: 'auth_ok', expiresInMs: lifeMs / 10 }))
    }
    expect(of('refresh')).toEqual([{ expiresInMs: 100_000 }, { expiresInMs: 10_000 }, { expiresInMs: 1_000 }])
    expect(asked).toEqual(['connect', 'refresh', 'refresh', 'refresh'])
    expect([client.state, FakeWebSocket.made.length]).toEqual(['open', 1])
    expect(of('close')).toEqual([])
  })

  it('to a token without an end: then no more', async () => {
    const { client, clock, open, asked } = living()
    const socket = await open(lasting)
    client.reauthenticate()
    await clock.advanceAsync(0)
    socket.receive(control({ type: 'auth_ok' }))
    await clock.advanceAsync(86_400_000)
    client.send('still sent')
    expect([client.state, asked.length, socket.sent.at(-1), clock.pending]).toEqual([
      'open',
      2,
      'still sent',
      0,
    ])
  })

  it.each([
    ['no number', '900000'],
    ['nothing', undefined],
    ['null', null],
  ])('an expiresInMs that is %s is none', async (_, expiresInMs) => {
    const { client, clock, open, asked } = living()
    const socket = await open({ ...lasting, expiresInMs })
    await clock.advanceAsync(30 * 86_400_000)
    client.send('still sent')
    expect([client.state, asked.length, socket.sent.at(-1)]).toEqual(['open', 1, 'still sent'])
  })

  it('a life of a year: no timer fires early', async () => {
    const { client, clock, open, asked } = living()
    await open({ ...lasting, expiresInMs: 365 * 86_400_000 })
    await clock.advanceAsync(282 * 86_400_000)
    expect([client.state, asked.length]).toEqual(['open', 1])
    await clock.advanceAsync(0.875 * 86_400_000)
    expect(asked).toHaveLength(2)
  })

  it.each([
    ['cookie()', { token: undefined, method: cookie() }],
    [
      'a ticket for the session cookie',
      { token: undefined, method: ticket({ endpoint: 'https://api.example/ticket' }) },
    ],
  ])('with %s there is none: nothing to present, so a new connection at the end', async (_, options) => {
    vi.stubGlobal('fetch', async () => Response.json({ ticket: 'once' }))
    const { client, clock, open, of, close } = playing(options)
    for (let n = 0; n < 3; n++) {
      const socket = await open({ ...lasting, expiresInMs: 100_000 })
      socket.receive(control({ type: 'auth_required', deadlineMs: 10_000, reason: 'expiring' }))
      await clock.advanceAsync(99_000)
      expect([client.state, socket.sent]).toEqual(['open', []])
      socket.end(4002, 'Token expired')
      expect(close()).toMatchObject({ code: 4002, action: 'refresh' })
      await clock.advanceAsync(1_000)
    }
    expect([of('error'), of('auth_fail')]).toEqual([[], []])
  })

  it.each([
    ['cookie()', { token: undefined, method: cookie() }],
    ['a string', { token: 'token-one' }],
  ])('with %s reauthenticate() makes a new connection', async (_, options) => {
    const { client, open, of } = playing(options)
    const socket = await open(lasting)
    const { length } = socket.sent
    client.reauthenticate()
    await open(lasting)
    expect([client.state, FakeWebSocket.made.length, socket.sent.length]).toEqual(['open', 2, length])
    expect(of('error')).toEqual([])
  })

  it('without version 1 there is none: messages pass, nothing is asked', async () => {
    const { client, clock, open, asked, of } = living()
    const socket = await open({ type: 'auth_ok', userId: 'alice', expiresInMs: 1_000, heartbeatMs: 10 })
    await clock.advanceAsync(86_400_000)
    const text = control({ type: 'ping' })
    socket.receive(text)
    client.send('hello')
    expect([client.state, asked.length, socket.sent.at(-1)]).toEqual(['open', 1, 'hello'])
    expect(of('message')).toEqual([text])
  })

  it.each([
    ['v', { v: 2 }],
    ['v', { v: '1' }],
    ['channel', { channel: 'short' }],
    ['channel', { channel: 'AAAAAAAAAAAAAAA!' }],
    ['channel', { channel: 7 }],
  ])('an auth_ok without a proper %s is one of version 0: %o', async (_, members) => {
    const { client, clock, open, asked } = living()
    await open({ ...authOk, ...members })
    await clock.advanceAsync(86_400_000)
    expect([client.state, asked.length]).toEqual(['open', 1])
  })
})

describe('a token with each message', () => {
  const said = (token: string) => JSON.stringify({ type: 'message', token, data: 'hello' })

  it('is the one that was accepted last, also while a newer one is looked at and after it was refused', async () => {
    const { client, open, settle } = living({ continuous: true })
    const socket = await open(lasting)
    client.reauthenticate()
    await settle()
    client.send('hello')
    expect(socket.sent.slice(1)).toEqual([refreshWith(2), said('token-number-1')])
    socket.receive(control({ type: 'auth_fail', error: 'access_denied', action: 'stop' }))
    client.send('hello')
    expect(socket.sent.at(-1)).toBe(said('token-number-1'))
    client.reauthenticate()
    await settle()
    socket.receive(control({ type: 'auth_ok', expiresInMs: 900_000 }))
    client.send('hello')
    expect(socket.sent.at(-1)).toBe(said('token-number-3'))
  })

  it('is the one that was presented where there is no answer', async () => {
    const { client, settle, socket } = living({ continuous: true, version: 0, method: query() })
    await settle()
    socket().open()
    client.send('hello')
    expect(socket().sent).toEqual([said('token-number-1')])
  })
})

describe('a refresh that fails', () => {
  it('for a while: tried again with backoff, until the end', async () => {
    const { client, clock, open, of, close } = living()
    const socket = await open({ ...lasting, expiresInMs: 100_000 })
    await clock.advanceAsync(77_500)
    const waits = [500, 1_000, 2_000, 4_000, 8_000]
    for (const [n, waitMs] of waits.entries()) {
      expect(socket.sent).toHaveLength(n + 2)
      socket.receive(control({ type: 'auth_fail', error: 'temporarily_unavailable', action: 'retry' }))
      await clock.advanceAsync(waitMs - 1)
      expect(socket.sent).toHaveLength(n + 2)
      await clock.advanceAsync(1)
    }
    expect(of('auth_fail')).toHaveLength(waits.length)
    expect(client.state).toBe('open')
    await clock.advanceAsync(27_500 - 15_500)
    expect(close()).toMatchObject({ code: 4002, action: 'refresh' })
  })

  it('and then succeeds: the next failure is the first again', async () => {
    const { client, clock, open } = living()
    const socket = await open(lasting)
    const failed = control({ type: 'auth_fail', error: 'temporarily_unavailable', action: 'retry' })
    for (let round = 0; round < 3; round++) {
      client.reauthenticate()
      await clock.advanceAsync(0)
      const before = socket.sent.length
      socket.receive(failed)
      await clock.advanceAsync(499)
      expect(socket.sent).toHaveLength(before)
      await clock.advanceAsync(1)
      expect(socket.sent).toHaveLength(before + 1)
      socket.receive(control({ type: 'auth_ok', expiresInMs: 900_000 }))
    }
  })

  it('a time that the server named is the floor of the next', async () => {
    const { client, clock, open, settle } = living()
    const socket = await open(lasting)
    client.reauthenticate()
    await settle()
    socket.receive(control({ type: 'auth_fail', error: 'slow_down', action: 'retry', retryAfterMs: 20_000 }))
    await clock.advanceAsync(20_499)
    expect(socket.sent).toHaveLength(2)
    await clock.advanceAsync(1)
    expect(socket.sent).toHaveLength(3)
  })

  it('without an answer: counts as failed after `authTimeoutMs`', async () => {
    const { client, clock, open, settle } = living({ authTimeoutMs: 3_000 })
    const socket = await open(lasting)
    client.reauthenticate()
    await settle()
    await clock.advanceAsync(3_499)
    expect(socket.sent).toHaveLength(2)
    await clock.advanceAsync(1)
    expect(socket.sent).toEqual([expect.any(String), refreshWith(2), refreshWith(3)])
    expect(client.state).toBe('open')
  })

  it('because the provider fails: told, tried again with backoff, and sends go on meanwhile', async () => {
    let isDown = true
    const { client, clock, open, of } = living({
      token: ({ reason }) => {
        if (reason !== 'connect' && isDown) throw new Error('offline')
        return `token for ${reason}`
      },
    })
    const socket = await open(lasting)
    client.reauthenticate()
    await clock.advanceAsync(500 + 1_000)
    expect(of('error')).toHaveLength(3)
    client.send('meanwhile')
    isDown = false
    await clock.advanceAsync(2_000)
    expect(socket.sent.slice(1)).toEqual(['meanwhile', control({ type: 'auth', token: 'token for refresh' })])
    expect(of('close')).toEqual([])
  })

  it.each(['stop', 'refresh', 'retry'])(
    'for good (%s twice): the connection lives to its old end',
    async (action) => {
      const { client, clock, open, of, close, asked } = living()
      const socket = await open({ ...lasting, expiresInMs: 100_000 })
      client.reauthenticate()
      await clock.advanceAsync(0)
      for (let n = 0; n < 2; n++) {
        socket.receive(control({ type: 'auth_fail', error: 'access_denied', action }))
        await clock.advanceAsync(0)
      }
      client.send('still sent')
      socket.receive('still heard')
      expect([socket.sent.at(-1), of('message')]).toEqual(['still sent', ['still heard']])
      expect(asked).toEqual(action === 'refresh' ? ['connect', 'refresh', 'refused'] : ['connect', 'refresh'])
      if (action === 'retry') return
      await clock.advanceAsync(99_999)
      expect(client.state).toBe('open')
      await clock.advanceAsync(5_001)
      // Two new tokens were refused in a row: there is no third.
      expect(close()).toMatchObject({ code: 4002, action: action === 'refresh' ? 'stop' : 'refresh' })
    },
  )

  it('because the token is refused, and the next cannot be had: asked for again at the end, then that is the second', async () => {
    let isDown = false
    const { client, clock, open, close, settle } = living({
      token: ({ reason, refused }) => {
        if (isDown) throw new Error('offline')
        return `after ${refused} for ${reason}`
      },
    })
    const socket = await open({ ...lasting, expiresInMs: 100_000 })
    client.reauthenticate()
    await settle()
    isDown = true
    socket.receive(control({ type: 'auth_fail', error: 'invalid_token', action: 'refresh' }))
    await clock.advanceAsync(105_000)
    expect(close()).toMatchObject({ code: 4002, action: 'refresh' })
    isDown = false
    await clock.advanceAsync(1_000)
    const last = FakeWebSocket.last
    last.open()
    expect(tokensSent(last)).toEqual(['after after undefined for refresh for refused'])
    last.receive({ type: 'auth_fail', error: 'invalid_token', action: 'refresh' })
    last.end(4001)
    expect(close()).toMatchObject({ action: 'stop' })
  })

  it('once refused and then accepted: the next refusal gets its second chance again', async () => {
    const { client, clock, open, asked } = living()
    const socket = await open(lasting)
    for (let n = 0; n < 3; n++) {
      client.reauthenticate()
      await clock.advanceAsync(0)
      socket.receive(control({ type: 'auth_fail', error: 'invalid_token', action: 'refresh' }))
      await clock.advanceAsync(0)
      socket.receive(control({ type: 'auth_ok', expiresInMs: 900_000 }))
    }
    expect(asked).toEqual(['connect', 'refresh', 'refused', 'refresh', 'refused', 'refresh', 'refused'])
    expect(client.state).toBe('open')
  })
})
