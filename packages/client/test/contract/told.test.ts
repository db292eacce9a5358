import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { endless, playing } from '../support/clients.ts'
import { control } from '../support/stage.ts'

// What a client tells, and what it keeps to itself: explain(), messages, control (DESIGN 4.3 and 6).

describe('explain()', () => {
  it('is an array of the last events, at most so many, each at its moment', async () => {
    const { client, clock, open } = playing()
    for (let n = 0; n < 40; n++) {
      const socket = await open(endless)
      socket.end(1006)
      await clock.advanceAsync(30_000)
    }
    const all = client.explain()
    expect(Array.isArray(all)).toBe(true)
    expect(all.length).toBeGreaterThan(20)
    expect(all.length).toBeLessThan(200)
    const moments = all.map(({ atMs }) => atMs)
    expect(moments).toEqual([...moments].sort((a, b) => a - b))
    expect(moments.at(-1)).toBeGreaterThan(1_700_000_000_000)
    expect(moments.at(-1)).toBeLessThanOrEqual(clock.wallNow())
  })

  it('each refusal and each end has a remedy; messages are not in it', async () => {
    for (const [code, action] of [
      [4003, 'stop'],
      [4001, 'refresh'],
      [1013, 'retry'],
    ] as const) {
      const { client, settle, socket } = playing()
      await settle()
      socket().open()
      socket().receive({ type: 'auth_fail', error: 'some_error', action })
      socket().end(code)
      const failures = client.explain().filter(({ what }) => /auth_fail|close:/.test(what))
      expect(failures).toHaveLength(2)
      for (const { remedy } of failures) expect(remedy).toMatch(/\w/)
      client.close()
    }
    const failing = playing({ token: () => Promise.reject(new Error('offline')) })
    await failing.settle()
    const [error] = failing.client.explain().filter(({ what }) => what.startsWith('error'))
    expect(error).toMatchObject({ what: 'error: Error', remedy: expect.stringContaining('token()') })
    const { client, open } = playing()
    const socket = await open()
    socket.receive('a private message')
    expect(inspect(client.explain())).not.toContain('private')
  })
})

it('control is no message: of it the client tells what concerns the application, and no more', async () => {
  const { open, of, told, client, settle } = playing({ token: () => 'token-number-one' })
  const socket = await open()
  const before = told.length
  for (const members of [
    { type: 'ping' },
    { type: 'going_away', retryAfterMs: 5 },
    { type: 'later', x: [1] },
  ]) {
    socket.receive(control(members))
  }
  expect(told).toHaveLength(before)
  client.reauthenticate()
  await settle()
  socket.receive(control({ type: 'auth_ok', expiresInMs: 1_000 }))
  expect(told.slice(before).map(([name]) => name)).toEqual(['refresh'])
  expect(of('message')).toEqual([])
})

it.each([
  '{"wsauth":"AAAAAAAAAAAAAAAA",',
  '{"wsauth":"AAAAAAAAAAAAAAAA","type":"auth","token":"x"}',
  '{"wsauth":"AAAAAAAAAAAAAAAA","deadlineMs":5}',
])(
  'what travels under the channel and is no control ends the connection, and is not delivered: %s',
  async (text) => {
    const { open, of, socket, client } = playing()
    await open()
    socket().receive(text)
    expect(of('close')).toMatchObject([{ code: 1002, action: 'stop' }])
    expect([client.state, of('message')]).toEqual(['closed', []])
  },
)

it.each([
  '{"wsauth":"AAAAAAAAAAAAAAAB","type":"ping"}',
  '{ "wsauth":"AAAAAAAAAAAAAAAA","type":"ping"}',
  '{"type":"ping","wsauth":"AAAAAAAAAAAAAAAA"}',
  '{"wsauth":"AAAAAAAAAAAAAAAA"}',
  '{"wsauth":"AAAAAAAAAAAAAAA',
  ' ',
  '',
])('everything else is the application’s, byte for byte: %j', async (text) => {
  const { open, of, socket } = playing()
  await open()
  socket().receive(text)
  expect(of('message')).toEqual([text])
})

it('bytes are the application’s, whatever is in them', async () => {
  const { open, of, socket } = playing()
  await open()
  const bytes = new TextEncoder().encode(control({ type: 'auth', token: 'x' })).buffer
  socket().receive(bytes)
  expect(of('message')).toEqual([bytes])
})
