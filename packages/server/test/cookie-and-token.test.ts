import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { cookie, firstMessage } from '../src/index.ts'
import { dial, start, stopAll } from './support.ts'

afterEach(stopAll)

/** A browser that is signed in by cookie, on a page that has a token as well; what the application is given. */
async function signedIn(token = 'good:alice') {
  const { wss, url } = await start({
    methods: [cookie({ name: 'session' }), firstMessage()],
    origins: ['https://app.example'],
  })
  const got: string[] = []
  wss.on('connection', (socket) => {
    socket.on('message', (data) => got.push(String(data)))
  })
  const client = dial(url, [], { headers: { Cookie: `session=${token}` }, origin: 'https://app.example' })
  await once(client.socket, 'open')
  await expect.poll(() => wss.clients.size).toBe(1)
  return { wss, client, got }
}

describe('4.2 a first message beside a good cookie', () => {
  it('is answered, and is not the application’s; what follows is', async () => {
    const { wss, client, got } = await signedIn()
    client.send('{"type":"auth","token":"good:alice","v":1}')
    client.send('hello')
    await expect.poll(() => client.messages).toHaveLength(1)
    const { v, userId, channel } = JSON.parse(client.messages[0] ?? '')
    expect([v, userId]).toEqual([1, 'alice'])
    await expect.poll(() => got).toEqual(['hello'])
    // The connection speaks version 1 from here on.
    client.send(`{"wsauth":"${channel}","type":"auth","token":"good:alice"}`)
    await expect.poll(() => client.messages).toHaveLength(2)
    expect(JSON.parse(client.messages[1] ?? '')).toMatchObject({ wsauth: channel, type: 'auth_ok' })
    expect(got).toEqual(['hello'])
    expect(wss.stats()).toMatchObject({ live: 1, refreshed: 2 })
  })

  it('of version 0 gets the answer of version 0', async () => {
    const { client } = await signedIn()
    client.send('{"type":"auth","token":"good:alice"}')
    await expect.poll(() => client.messages).toEqual(['{"type":"auth_ok","userId":"alice"}'])
  })

  it.each([
    ['of another user', '{"type":"auth","token":"good:bob","v":1}', 4003, 'access_denied'],
    ['with a bad token', '{"type":"auth","token":"bad","v":1}', 4001, 'invalid_token'],
    ['that is none', '{"type":"auth","token":5}', 4001, 'invalid_request'],
  ])('%s ends the connection', async (_what, message, code, error) => {
    const { client, got } = await signedIn()
    client.send(message)
    expect((await client.closed).code).toBe(code)
    expect(JSON.parse(client.messages[0] ?? '')).toMatchObject({ type: 'auth_fail', error })
    expect(got).toEqual([])
  })

  it('does not have to come: a page without a token says what it likes', async () => {
    const { client, got } = await signedIn()
    client.send('x'.repeat(20_000))
    client.send('{"type":"auth","token":"good:alice"}')
    await expect.poll(() => got).toHaveLength(2)
    expect(client.messages).toEqual([])
  })
})

describe('4.1 a client that offers wsauth.v1 and brings no credential', () => {
  const methods = [cookie(), firstMessage()]
  const page = { origin: 'https://app.example' }

  it('is told at the deadline that nobody is signed in, so that it does not come back for ever', async () => {
    const { wss, url } = await start({ methods, origins: [page.origin], deadlineMs: 50 })
    const told = once(wss, 'auth_fail')
    const client = dial(url, ['wsauth.v1'], page)
    expect(await client.closed).toEqual({ code: 4001, reason: 'Authentication failed' })
    expect(client.messages).toEqual(['{"type":"auth_fail","error":"invalid_token","action":"refresh"}'])
    const detail = 'no credential came by cookie() or firstMessage()'
    expect(await told).toMatchObject([{ error: 'invalid_token', detail }])
  })

  it('may send a first message all the same', async () => {
    const { url } = await start({ methods, origins: [page.origin] })
    const client = dial(url, ['wsauth.v1'], page)
    await once(client.socket, 'open')
    client.send('{"type":"auth","token":"good:alice"}')
    await expect.poll(() => client.messages).toHaveLength(1)
    expect(JSON.parse(client.messages[0] ?? '')).toMatchObject({ type: 'auth_ok', userId: 'alice', v: 1 })
    client.socket.close()
  })
})
