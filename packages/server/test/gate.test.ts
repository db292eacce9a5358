import { once } from 'node:events'
import { FakeClock } from '@wsauth/protocol/testing'
import { AuthWebSocket, type AuthWebSocketServer } from '@wsauth/server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  dial,
  frame,
  raw,
  type Started,
  signIn,
  start,
  stopAll,
  upgradeRequest,
  verifier,
} from './support.ts'

afterEach(stopAll)

const auth = '{"type":"auth","token":"good:alice"}'
const twenty = (label: string): Buffer[] => Array.from({ length: 20 }, (_, i) => frame(`${label} ${i}`))

/** Whatever reaches the application, by every kind of listener that `ws` has. */
function listen(wss: AuthWebSocketServer, onFirst: (socket: AuthWebSocket) => void = () => {}): string[] {
  const seen: string[] = []
  wss.on('connection', (socket) => {
    const see = (text: string) => {
      seen.push(text)
      if (seen.length === 1) onFirst(socket)
    }
    socket.on('message', (data) => see(`on ${data}`))
    socket.addEventListener('message', ({ data }) => see(`addEventListener ${data}`))
    socket.onmessage = ({ data }) => see(`onmessage ${data}`)
  })
  return seen
}

/** Resolves when the server has read everything that came before: it answers a ping after that. */
async function settled(url: string): Promise<void> {
  const client = await signIn(url, 'good:probe')
  client.socket.ping()
  await once(client.socket, 'pong')
  client.socket.terminate()
}

describe('P1: no message is delivered on a connection that is not authenticated', () => {
  it('not those in the head of the upgrade request, nor 20 in one write', async () => {
    const { wss, port, url } = await start()
    const seen = listen(wss)
    const client = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), ...twenty('head').slice(0, 10)]))
    await client.until('101')
    client.socket.write(Buffer.concat(twenty('write').slice(0, 5)))
    await settled(url)
    expect(seen).toEqual([])
    client.socket.destroy()
  })

  it('not what follows a refused credential in the same write, nor what comes after 4001', async () => {
    const { wss, port, url } = await start()
    const seen = listen(wss)
    const bad = frame('{"type":"auth","token":"bad"}')
    const bytes = Buffer.concat([Buffer.from(upgradeRequest()), bad, ...twenty('same write').slice(0, 14)])
    const client = raw(port, bytes)
    await client.until('Authentication failed')
    client.socket.write(Buffer.concat(twenty('after 4001')))
    await settled(url)
    expect(seen).toEqual([])
    client.socket.destroy()
  })

  it('not on a connection that was refused for a second credential, the first one being good', async () => {
    const asked = vi.fn(verifier)
    const { wss, port, url } = await start({ verifier: asked })
    const seen = listen(wss)
    const client = raw(
      port,
      Buffer.concat([Buffer.from(upgradeRequest()), frame(auth), frame('held'), frame(auth)]),
    )
    await client.until('Invalid request')
    // Nor is anybody asked about it.
    expect(asked).not.toHaveBeenCalled()
    await settled(url)
    expect(seen).toEqual([])
    client.socket.destroy()
  })

  const ends = [
    ['close()', (socket: AuthWebSocket) => socket.close()],
    ['close(4000)', (socket: AuthWebSocket) => socket.close(4000, 'enough')],
    ['terminate()', (socket: AuthWebSocket) => socket.terminate()],
  ] as const

  it.each(ends)('not after the application said %s to the first of nine that were held', async (_, end) => {
    const { wss, port, url } = await start({ limits: { closeTimeoutMs: 50 } })
    const seen = listen(wss, end)
    const held = twenty('held').slice(0, 9)
    const client = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), frame(auth), ...held]))
    await client.ended
    await settled(url)
    // All three listeners of the one message.
    expect(seen).toEqual(['on held 0', 'addEventListener held 0', 'onmessage held 0'])
  })

  it.each(ends)(
    'not after the application said %s: of 20 frames in one write it sees one',
    async (_, end) => {
      const { wss, port, url } = await start({ limits: { closeTimeoutMs: 50 } })
      const seen: string[] = []
      wss.on('connection', (socket) =>
        socket.on('message', (data) => {
          seen.push(String(data))
          end(socket)
        }),
      )
      const client = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), frame(auth)]))
      await client.until('auth_ok')
      client.socket.write(Buffer.concat(twenty('frame')))
      await client.ended
      await settled(url)
      expect(seen).toEqual(['frame 0'])
    },
  )

  it('not to a listener of any kind, nor what was held, when the connection listener closes', async () => {
    const { wss, port, url } = await start({ limits: { closeTimeoutMs: 50 } })
    const seen = listen(wss)
    wss.on('connection', (socket) => socket.auth.userId === 'alice' && socket.close(1000))
    const client = raw(
      port,
      Buffer.concat([Buffer.from(upgradeRequest()), frame(auth), ...twenty('held').slice(0, 9)]),
    )
    await client.ended
    await settled(url)
    expect(seen).toEqual([])
  })

  it('not to a subclass that listens from the start either, be it a message, a ping or an error', async () => {
    const seen: string[] = []
    class Mine extends AuthWebSocket {
      readonly heard = ['message', 'ping', 'pong', 'error', 'close'].map((event) =>
        this.on(event, () => seen.push(event)),
      )
    }
    const { port, url } = await start({}, { WebSocket: Mine })
    const broken = Buffer.from([0x83, 0x80, 0, 0, 0, 0])
    const early = [frame('early'), frame('early', { opcode: 9 }), frame('early', { opcode: 10 }), broken]
    await raw(port, Buffer.concat([Buffer.from(upgradeRequest()), ...early])).ended
    expect(seen).toEqual([])
    const client = await signIn(url)
    client.send('hello')
    await expect.poll(() => seen).toEqual(['message'])
  })

  it('but to listeners of every kind while it is', async () => {
    const { wss, url } = await start()
    const seen = listen(wss)
    const client = await signIn(url)
    client.send('hello')
    await expect.poll(() => seen).toEqual(['on hello', 'addEventListener hello', 'onmessage hello'])
  })
})

describe('P3: a connection does not outlive its credential', () => {
  const lifeMs = 10_000

  async function expiring(leewayMs?: number): Promise<Started & { clock: FakeClock }> {
    const clock = new FakeClock()
    const started = await start({
      clock,
      verifier: async (token, context) => ({
        ...(await verifier(token, context)),
        expiresAt: clock.wallNow() + lifeMs,
        ...(leewayMs === undefined ? {} : { leewayMs }),
      }),
    })
    return { ...started, clock }
  }

  it('closes with 4002 at the end, leeway included', async () => {
    const { wss, url, clock } = await expiring(2_000)
    const expired = once(wss, 'auth_expired')
    const client = await signIn(url)
    clock.advance(lifeMs + 1_999)
    expect(wss.clients.size).toBe(1)
    clock.advance(1)
    expect(await client.closed).toEqual({ code: 4002, reason: 'Token expired' })
    expect(await expired).toEqual([
      { userId: 'alice', sessionId: expect.any(String), method: 'firstMessage', error: 'token_expired' },
    ])
  })

  it('delivers nothing past the end, though no timer has fired yet', async () => {
    const { wss, url, clock } = await expiring()
    const seen = listen(wss)
    const client = await signIn(url)
    clock.sleep(lifeMs)
    client.send('late')
    expect(await client.closed).toEqual({ code: 4002, reason: 'Token expired' })
    expect(seen).toEqual([])
  })

  it.each([
    ['ping', 9],
    ['pong', 10],
  ])('shows no %s past the end, which may carry data as well', async (event, opcode) => {
    const { wss, port, clock } = await expiring()
    const connected = once(wss, 'connection')
    const client = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), frame(auth)]))
    const [socket] = await connected
    const seen: string[] = []
    socket.on(event, (data: Buffer) => seen.push(String(data)))
    client.socket.write(frame('in time', { opcode }))
    await expect.poll(() => seen).toEqual(['in time'])
    clock.sleep(lifeMs)
    client.socket.write(frame('late', { opcode }))
    await client.until('Token expired')
    expect(seen).toEqual(['in time'])
    client.socket.destroy()
  })

  it('sends nothing past the end, and gives the callback an error', async () => {
    const { wss, url, clock } = await expiring()
    const connected = once(wss, 'connection')
    const client = await signIn(url)
    const [socket] = await connected
    clock.sleep(lifeMs)
    const error = await new Promise((resolve) => socket.send('late', resolve))
    expect(error).toBeInstanceOf(Error)
    const callback = vi.fn()
    socket.send('late', {}, callback)
    socket.send('late')
    expect(await client.closed).toEqual({ code: 4002, reason: 'Token expired' })
    expect(client.messages).toHaveLength(1)
    expect(callback).toHaveBeenCalledWith(expect.any(Error))
  })

  it('refuses a verifier that answers with a credential that has ended', async () => {
    const { url } = await start({ verifier: () => ({ userId: 'alice', expiresAt: Date.now() - 1 }) })
    const client = dial(url)
    await once(client.socket, 'open')
    client.send(auth)
    expect(await client.closed).toEqual({ code: 4001, reason: 'Authentication failed' })
  })
})
