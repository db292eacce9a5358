import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { admitted, dial, frame, raw, signIn, start, stopAll, upgradeRequest } from './support.ts'

afterEach(stopAll)

describe('first message', () => {
  it('2.1 answers version 0 with auth_ok and the userId alone, then delivers', async () => {
    const { wss, url } = await start()
    const connected = once(wss, 'connection')
    const client = await signIn(url)
    expect(client.messages).toEqual(['{"type":"auth_ok","userId":"alice"}'])
    const [socket] = await connected
    expect(socket.auth).toEqual({
      userId: 'alice',
      sessionId: expect.any(String),
      claims: {},
      method: 'firstMessage',
      expiresAt: undefined,
    })
    socket.on('message', (data: Buffer, isBinary: boolean) => socket.send(`${data} ${isBinary}`))
    client.send('hello')
    expect(await client.message(1)).toBe('hello false')
    expect(wss.clients.size).toBe(1)
  })

  it('3.2 answers version 1 with channel, sessionId and heartbeat', async () => {
    const { url } = await start()
    const client = await signIn(url, 'good:bob', 1)
    expect(JSON.parse(client.messages[0] ?? '')).toEqual({
      type: 'auth_ok',
      userId: 'bob',
      v: 1,
      channel: expect.stringMatching(/^[\w-]{16}$/),
      sessionId: expect.any(String),
      heartbeatMs: 25_000,
    })
  })

  it('3.3 refuses a bad token with auth_fail and 4001, and shows nothing to the application', async () => {
    const { wss, url } = await start()
    const sockets = admitted(wss)
    const client = dial(url)
    await once(client.socket, 'open')
    client.send('{"type":"auth","token":"bad"}')
    expect(await client.closed).toEqual({ code: 4001, reason: 'Authentication failed' })
    expect(client.messages).toEqual(['{"type":"auth_fail"}'])
    expect(sockets).toEqual([])
  })

  it('3.6 takes bearer text', async () => {
    const { url } = await start()
    const client = dial(url)
    await once(client.socket, 'open')
    client.send('Authorization: Bearer good:carol')
    expect(await client.message(0)).toBe('{"type":"auth_ok","userId":"carol"}')
  })

  it('delivers what was held behind the credential, in order, and nothing from before it', async () => {
    const { wss, url } = await start()
    const seen: string[] = []
    wss.on('connection', (socket) => socket.on('message', (data) => seen.push(String(data))))
    const client = dial(url)
    await once(client.socket, 'open')
    client.send('early', '{"type":"auth","token":"good:alice"}', 'one', 'two', 'three')
    await client.message(0)
    client.send('four')
    await expect.poll(() => seen).toEqual(['one', 'two', 'three', 'four'])
  })

  it('answers a request that brings its first frames along', async () => {
    const { wss, port } = await start()
    const seen: string[] = []
    wss.on('connection', (socket) => socket.on('message', (data) => seen.push(String(data))))
    const frames = [frame('early'), frame('{"type":"auth","token":"good:alice"}'), frame('late')]
    const client = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), ...frames]))
    await client.until('auth_ok')
    await expect.poll(() => seen).toEqual(['late'])
    client.socket.destroy()
  })
})
