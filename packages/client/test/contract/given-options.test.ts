import { describe, expect, it } from 'vitest'
import { query } from '../../src/index.ts'
import { lasting, playing } from '../support/clients.ts'
import { FakeWebSocket } from '../support/fake-web-socket.ts'

// Options as applications give them: passed on from elsewhere, so `undefined` at times, and numbers that make no sense.

describe('an option that is undefined was not given', () => {
  it.each([
    'version',
    'method',
    'protocols',
    'socketOptions',
    'allowInsecure',
    'continuous',
    'classify',
    'connect',
    'reconnect',
    'tabs',
    'connectTimeoutMs',
    'authTimeoutMs',
    'tokenTimeoutMs',
    'closeTimeoutMs',
  ])('%s', async (name) => {
    const { client, clock, open } = playing({ [name]: undefined })
    const socket = await open()
    expect([client.state, socket.sent]).toEqual(['open', [expect.stringContaining('"v":1')]])
    client.send('text')
    expect(socket.sent.at(-1)).toBe('text')
    socket.end(1006)
    await clock.advanceAsync(499)
    expect(FakeWebSocket.made).toHaveLength(1)
    await clock.advanceAsync(1)
    expect(FakeWebSocket.made).toHaveLength(2)
  })

  it('version: the server is waited for where the handshake presents the token', async () => {
    const { client, settle, socket } = playing({ method: query(), ...Object({ version: undefined }) })
    await settle()
    socket().open('wsauth.v1')
    expect([client.state, socket().offered]).toEqual(['authenticating', ['wsauth.v1']])
    socket().receive(lasting)
    expect(client.state).toBe('open')
  })

  it.each(['minDelayMs', 'maxDelayMs'])('%s of reconnect', async (name) => {
    const { clock, open, close } = playing({ reconnect: { [name]: undefined } })
    const socket = await open()
    await clock.advanceAsync(5_000)
    socket.end(1006)
    expect(close()).toMatchObject({ retryInMs: 500 })
  })

  it.each(['connectTimeoutMs', 'authTimeoutMs'])('%s: given up after 10 s', async (name) => {
    const { client, clock, settle, socket } = playing({ [name]: undefined })
    await settle()
    if (name === 'authTimeoutMs') socket().open()
    await clock.advanceAsync(9_999)
    expect(client.state).not.toBe('waiting')
    await clock.advanceAsync(1)
    expect(client.state).toBe('waiting')
  })
})

it.each([0, -1, Number.NaN])('a tokenTimeoutMs of %d: told, and tried again with backoff', async (ms) => {
  const { client, clock, of } = playing({ token: () => new Promise(() => {}), tokenTimeoutMs: ms })
  await clock.advanceAsync(10)
  expect([client.state, of('close')]).toEqual([
    'waiting',
    [{ code: 1006, reason: 'Timeout: fetching-token', action: 'retry', retryInMs: 500 }],
  ])
  await clock.advanceAsync(500)
  expect(of('close')).toHaveLength(2)
})

it.each(['connectTimeoutMs', 'authTimeoutMs'])('a %s of NaN: told as well, no hanging', async (name) => {
  const { client, clock, settle, socket } = playing({ [name]: Number.NaN })
  await settle()
  if (name === 'authTimeoutMs') socket().open()
  await clock.advanceAsync(10)
  expect(client.state).toBe('waiting')
})
