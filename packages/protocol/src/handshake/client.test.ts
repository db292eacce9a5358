import { describe, expect, it } from 'vitest'
import { PlayedClient, presented } from '../testing/played-client.ts'

const channel = 'channel-of-16-ch'
const authOk = `{"type":"auth_ok","userId":"u","v":1,"channel":"${channel}","sessionId":"s"}`

describe('from the token to auth_ok', () => {
  it('3.1 asks for the token, dials, presents it as the first message, and is open after auth_ok', () => {
    const client = new PlayedClient()
    expect(client.present('t')).toEqual({ dial: 't' })
    expect(client.feed({ type: 'open' })).toEqual({
      send: '{"type":"auth","token":"t","v":1}',
      authenticating: true,
    })
    expect(client.maySend).toBe(false)
    expect(client.text(authOk)).toMatchObject({ opened: { type: 'auth_ok', userId: 'u' } })
    expect(client.maySend).toBe(true)
  })

  it('3.1 version 0 says no v, and its connection has no control', () => {
    const client = new PlayedClient({ version: 0 })
    expect(client.connect()).toEqual({ send: '{"type":"auth","token":"t"}', authenticating: true })
    client.text('{"type":"auth_ok","userId":"u"}')
    for (const text of [`{"wsauth":"${channel}","type":"ping"}`, 'undefined{"type":"auth_fail"}']) {
      expect(client.text(text)).toEqual({ message: text })
    }
    expect(client.feed({ type: 'refresh' })).toEqual({})
  })

  it('3.2 an auth_ok without a channel is version 0, whatever it says', () => {
    const client = new PlayedClient()
    client.connect()
    client.text('{"type":"auth_ok","userId":"u","v":1,"expiresInMs":1000,"heartbeatMs":1}')
    expect(client.text('{"wsauth":"","type":"going_away"}')).toEqual({
      message: '{"wsauth":"","type":"going_away"}',
    })
    expect(client.pass(1e6)).toEqual([])
    expect(client.maySend).toBe(true)
  })

  it.each(['hello', '[]', 'null', undefined, '{"type":"other"}', `{"wsauth":"${channel}","type":"auth_ok"`])(
    '3.4 %j before auth_ok is not delivered',
    (text) => {
      const client = new PlayedClient()
      client.connect()
      expect(client.text(text)).toEqual({})
      expect(client.text(authOk)).toMatchObject({ opened: {} })
    },
  )

  it('4.4 without the offer of wsauth.v1 the 101 is the answer', () => {
    const client = new PlayedClient({ ...presented.upgrade, version: 0 })
    expect(client.connect()).toEqual({ opened: {} })
    expect(client.text('{"type":"auth_ok"}')).toEqual({ message: '{"type":"auth_ok"}' })
    expect(client.text('{"type":"auth_fail"}')).toEqual({ message: '{"type":"auth_fail"}' })
  })

  it('4.3 with the offer it waits for auth_ok', () => {
    const client = new PlayedClient(presented.upgrade)
    expect(client.connect()).toEqual({ authenticating: true })
    expect(client.maySend).toBe(false)
    expect(client.text(authOk)).toMatchObject({ opened: { userId: 'u' } })
  })

  it('3.6 bearer text is open at once, and an answer to it is nobody’s', () => {
    const client = new PlayedClient({ ...presented['bearer-text'], version: 0 })
    expect(client.connect()).toEqual({ send: 'Authorization: Bearer t', opened: {} })
    expect(client.text('{"type":"auth_ok","userId":"u"}')).not.toHaveProperty('message')
    expect(client.text('{"type":"auth_ok"}')).toEqual({ message: '{"type":"auth_ok"}' })
    const recipe = new PlayedClient({ ...presented['bearer-text'], version: 0 })
    recipe.connect()
    expect(recipe.text('welcome')).toEqual({ message: 'welcome' })
    expect(recipe.text('{"type":"auth_fail"}')).toEqual({ message: '{"type":"auth_fail"}' })
  })

  it('6.9 bearer text may be refused', () => {
    const client = new PlayedClient({ ...presented['bearer-text'], version: 0 })
    client.connect()
    client.text('{"type":"auth_fail"}')
    expect(client.maySend).toBe(false)
    expect(client.close(4001, 'Authentication failed')).toMatchObject({ closed: { action: 'refresh' } })
  })
})

describe('the end', () => {
  it.each([
    ['{"type":"auth_fail"}', 4001, 'Authentication failed', 'refresh', 0],
    ['{"type":"auth_fail"}', 4001, 'Authentication timeout', 'retry', 0],
    ['{"type":"auth_fail","error":"x","action":"stop"}', 4001, 'Authentication failed', 'stop', 0],
    ['{"type":"auth_fail","error":"x","action":"retry","retryAfterMs":5000}', 1006, '', 'retry', 5_000],
    ['{"type":"auth_fail","action":"retry","retryAfterMs":5}', 4029, 'x; retry-after-ms=9', 'retry', 9],
    ['{"type":"auth_fail","action":"retry","retryAfterMs":9}', 4029, 'x; retry-after-ms=5', 'retry', 9],
    ['{"type":"auth_fail","action":"later"}', 4003, 'Forbidden', 'stop', 0],
    ['{"type":"auth_fail","action":"retry","retryAfterMs":1e12}', 1006, '', 'retry', 3_600_000],
    ['{"type":"auth_fail","action":"retry","retryAfterMs":"5"}', 1006, '', 'retry', 0],
  ])('6.7 after %s and %s %j it does %s in %s ms', (frame, code, reason, action, retryAfterMs) => {
    const client = new PlayedClient()
    client.connect()
    client.text(frame)
    expect(client.close(code, reason)).toMatchObject({ closed: { code, action, retryAfterMs } })
    expect(client.state.byMs).toBe(Number.POSITIVE_INFINITY)
  })

  it('6.4 a close without a reason has an empty one', () => {
    const client = new PlayedClient()
    client.connect()
    expect(client.feed({ type: 'close', event: { code: 1006, reason: null } })).toMatchObject({
      closed: { reason: '', action: 'retry', retryAfterMs: 0 },
    })
  })

  it('6.4 a close with a code of 0, as Deno tells a lost connection, is one without a Close frame', () => {
    const client = new PlayedClient()
    client.connect()
    expect(client.feed({ type: 'close', event: { code: 0, reason: '' } })).toMatchObject({
      closed: { code: 1006, action: 'retry' },
    })
  })

  it('6.1 tells the error by its name', () => {
    const client = new PlayedClient()
    client.connect()
    client.text('{"type":"auth_fail","error":"slow_down","action":"retry"}')
    expect(client.close(4029, 'Too many attempts').closed).toMatchObject({ error: 'slow_down' })
  })

  it('6.9 a server that says auth_fail and does not close is left within 2 s', () => {
    const client = new PlayedClient()
    client.connect()
    client.text('{"type":"auth_fail","action":"stop"}')
    expect(client.text(authOk)).toEqual({})
    expect(client.pass(1_999).some(({ closed }) => closed?.action === 'stop')).toBe(true)
  })

  it.each([
    ['connecting', 10_000, (client: PlayedClient) => client.present('t')],
    ['authenticating', 10_000, (client: PlayedClient) => client.connect()],
  ])('6.4 %s for too long is a retry', (_, ms, before) => {
    const client = new PlayedClient()
    before(client)
    expect(client.pass(ms - 1)).toEqual([])
    expect(client.pass(1)).toMatchObject([{ closed: { action: 'retry' } }])
  })

  it('6.6 a token that cannot be had is as final as the provider says', () => {
    expect(new PlayedClient().feed({ type: 'token-failed', event: { action: 'stop' } })).toMatchObject({
      closed: { action: 'stop' },
    })
    expect(new PlayedClient().feed({ type: 'token-failed', event: { action: 'retry' } })).toMatchObject({
      closed: { action: 'retry' },
    })
  })

  it('6.4 the application classifies codes of its own, and no others', () => {
    const classify = () => 'retry' as const
    for (const [code, action] of [
      [4000, 'retry'],
      [3000, 'retry'],
      [4003, 'stop'],
      [4004, 'stop'],
      [1000, 'stop'],
      [1008, 'stop'],
    ] as const) {
      const client = new PlayedClient({ classify })
      client.connect()
      expect(client.close(code), `${code}`).toMatchObject({ closed: { action } })
    }
    const unsure = new PlayedClient({ classify: () => undefined })
    expect(unsure.close(4000)).toMatchObject({ closed: { action: 'stop' } })
  })

  it('6.5 a refused upgrade is read by its status where the runtime shows it', () => {
    const client = new PlayedClient()
    client.present('t')
    const closed = client.feed({ type: 'close', event: { code: 1006, reason: '', action: 'refresh' } })
    expect(closed).toMatchObject({ closed: { action: 'refresh' } })
  })

  it.each([
    ['connecting', 10_000, 1006, (client: PlayedClient) => client.present('t')],
    ['authenticating', 10_000, 1006, (client: PlayedClient) => client.connect()],
    [
      'refused',
      1_000,
      4001,
      (client: PlayedClient) => [client.connect(), client.text('{"type":"auth_fail"}')],
    ],
  ])('6.4 says that it was %s for too long, and not before its time', (name, ms, code, before) => {
    const client = new PlayedClient()
    before(client)
    expect(client.state.name).toBe(name)
    client.nowMs += ms - 1
    expect(client.feed({ type: 'due' })).toEqual({})
    client.nowMs += 1
    const reason = `Timeout: ${name}`
    expect(client.feed({ type: 'due' })).toMatchObject({ closed: { code, reason, wasClean: false } })
  })

  it('6.6 tells why where there is no token', () => {
    const client = new PlayedClient()
    expect(client.feed({ type: 'token-failed', event: { action: 'retry' } })).toMatchObject({
      closed: { code: 4001, reason: 'No token', action: 'retry' },
    })
  })

  it('6.1 an error that is no name counts as absent', () => {
    const client = new PlayedClient()
    client.connect()
    expect(client.text('{"type":"auth_fail","error":{"a":1},"action":"stop"}')).toHaveProperty('told')
    expect(client.close(4001).closed).toMatchObject({ error: undefined, action: 'stop' })
  })

  it('a second open, and a token that comes when there is one, change nothing', () => {
    const client = new PlayedClient()
    client.present('t')
    expect([client.present('t'), client.feed({ type: 'token-failed', event: {} })]).toEqual([{}, {}])
    client.feed({ type: 'open' })
    expect(client.feed({ type: 'open' })).toEqual({})
    expect(client.state.name).toBe('authenticating')
  })

  it('the application closes: with a handshake where it is open, at once where it is not', () => {
    const early = new PlayedClient()
    expect(early.feed({ type: 'leave', event: {} })).toMatchObject({ closed: { code: 1006, action: 'stop' } })
    const client = new PlayedClient()
    client.connect()
    client.text(authOk)
    expect(client.feed({ type: 'leave', event: {} })).toEqual({ leave: {} })
    expect(client.maySend).toBe(false)
    expect(client.text('late')).toEqual({})
    expect(client.close(1000)).toMatchObject({ closed: { code: 1000, action: 'stop' } })
  })

  it('the application closes, and a server that does not answer is let go of', () => {
    const client = new PlayedClient()
    client.connect()
    client.text(authOk)
    client.feed({ type: 'leave', event: {} })
    expect(client.pass(2_000)).toMatchObject([{ closed: { action: 'stop' } }])
  })

  it('after the end nothing comes of any input, but that a socket which opens late is closed', () => {
    const client = new PlayedClient()
    client.feed({ type: 'token-failed', event: { action: 'stop' } })
    expect([
      client.connect(),
      client.text(authOk),
      client.feed({ type: 'refresh' }),
      client.feed({ type: 'leave', event: {} }),
      client.feed({ type: 'due' }),
      client.close(1000),
    ]).toEqual([{ leave: {} }, {}, {}, {}, {}, {}])
  })
})
