import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FakeClock } from '@wsauth/protocol/testing'
import { AuthWebSocketServer } from '@wsauth/server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { admitted, dial, frame, raw, signIn, start, stopAll, upgradeRequest, verifier } from './support.ts'

afterEach(stopAll)

const empty = { pending: 0, live: 0, verifying: 0 }

describe('nothing is left of connections that are over', () => {
  it('be they good, refused, dropped, or gone in the middle: no socket, no timer', async () => {
    const clock = new FakeClock()
    // Each is refused for its token: who guessed too often would be answered late, by a timer of its own.
    const guesses = { failuresPerAddress: 1e6, failuresPerSubject: 1e6 }
    const { wss, url, port } = await start({ clock, limits: guesses })
    for (let round = 0; round < 40; round++) {
      const [good, refused, silent] = [await signIn(url), dial(url), dial(url)]
      await Promise.all([once(refused.socket, 'open'), once(silent.socket, 'open')])
      refused.send('{"type":"auth","token":"bad"}')
      good.socket.close()
      silent.socket.terminate()
      const bearing = raw(port, upgradeRequest('/', ['Authorization: Bearer good:alice']))
      await bearing.until('101')
      bearing.socket.destroy()
      const rejected = raw(port, upgradeRequest('/', ['Authorization: Bearer bad']))
      const broken = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), Buffer.from([0xff, 0xff])]))
      const flooding = raw(
        port,
        Buffer.concat([Buffer.from(upgradeRequest()), frame(Buffer.alloc(20_000, 'x'))]),
      )
      await flooding.until('Message too big')
      flooding.socket.destroy()
      await Promise.all([good.closed, refused.closed, silent.closed, rejected.ended, broken.ended])
    }
    await expect.poll(() => wss.stats()).toMatchObject({ ...empty, admitted: 80 })
    expect(wss.clients.size).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('of a verification whose client left, nor of one that comes too late', async () => {
    const answers: (() => void)[] = []
    const clock = new FakeClock()
    const signals: AbortSignal[] = []
    const { wss, url } = await start({
      clock,
      verifier: (_, { signal }) => {
        signals.push(signal)
        return new Promise((resolve) => answers.push(() => resolve({ userId: 'alice' })))
      },
    })
    const sockets = admitted(wss)
    const [left, late] = [dial(url), dial(url)]
    await Promise.all([once(left.socket, 'open'), once(late.socket, 'open')])
    left.send('{"type":"auth","token":"x"}', 'held')
    late.send('{"type":"auth","token":"x"}', 'held')
    await expect.poll(() => answers.length).toBe(2)
    left.socket.terminate()
    await expect.poll(() => wss.stats().pending).toBe(1)
    clock.advance(5_000)
    expect(await late.closed).toEqual({ code: 4001, reason: 'Authentication timeout' })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
    for (const answer of answers) answer()
    await expect.poll(() => wss.stats()).toMatchObject({ ...empty, admitted: 0 })
    expect(clock.pending).toBe(0)
    expect(sockets).toEqual([])
  })

  it('of a refresh and of a message that brought its token, each with its answer: no timer', async () => {
    const clock = new FakeClock()
    const verifier = async (userId: string) => ({ userId })
    const { wss, url } = await start({ clock, verifier, continuous: true })
    const client = await signIn(url, 'alice', 1)
    const { channel } = JSON.parse(await client.message(0))
    const connected = [...wss.clients]
    const delivered = once(connected[0] ?? wss, 'message')
    client.send(JSON.stringify({ wsauth: channel, type: 'auth', token: 'alice' }))
    await client.message(1)
    client.send('{"type":"message","token":"alice","data":"x"}')
    await delivered
    client.socket.terminate()
    await expect.poll(() => wss.stats()).toMatchObject(empty)
    expect(clock.pending).toBe(0)
  })

  it.each<[string, string]>([
    ['while the application thought about its upgrade', 'noServer'],
    ['while verifyClient thought about it', 'verifyClient'],
  ])('of a peer that left %s and is then refused', async (_, where) => {
    const clock = new FakeClock()
    const thought: (() => void)[] = []
    const upgraded = vi.fn()
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const wss = new AuthWebSocketServer({
      noServer: true,
      auth: { verifier, clock },
      ...(where === 'verifyClient' && {
        verifyClient: (_info: unknown, done: (accept: boolean) => void) => {
          thought.push(() => done(true))
        },
      }),
    })
    server.on('upgrade', (request, socket, head) => {
      const upgrade = () => wss.handleUpgrade(request, socket, head, upgraded)
      socket.on('error', () => {})
      if (where === 'noServer') thought.push(upgrade)
      else upgrade()
      socket.once('close', () => setImmediate(() => thought.pop()?.()))
    })
    const { port } = server.address() as AddressInfo
    const client = raw(port, upgradeRequest('/', ['Authorization: Bearer bad']))
    await expect.poll(() => thought.length).toBe(1)
    client.socket.resetAndDestroy()
    await expect.poll(() => thought.length).toBe(0)
    await expect.poll(() => wss.stats()).toMatchObject({ ...empty, admitted: 0 })
    expect(clock.pending).toBe(0)
    expect(upgraded).not.toHaveBeenCalled()
    server.close()
  })

  it('of a socket that the application ended before it handed it over: nobody came in', async () => {
    const clock = new FakeClock()
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const wss = new AuthWebSocketServer({ noServer: true, auth: { verifier, clock } })
    const upgraded = vi.fn()
    const told = vi.fn()
    wss.on('auth_ok', told)
    server.on('upgrade', (request, socket, head) => {
      socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n')
      wss.handleUpgrade(request, socket, head, upgraded)
    })
    const { port } = server.address() as AddressInfo
    const client = raw(port, upgradeRequest('/', ['Authorization: Bearer good:alice']))
    await client.ended
    await expect.poll(() => wss.stats()).toMatchObject({ ...empty, admitted: 0 })
    expect([upgraded.mock.calls, told.mock.calls]).toEqual([[], []])
    expect(clock.pending).toBe(0)
    server.close()
  })

  it('of a server that was closed: its revocation store has no listener', async () => {
    const listeners = new Set<unknown>()
    const { wss } = await start({
      revocations: {
        add: async () => {},
        isRevoked: () => false,
        subscribe: (listener) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
      },
    })
    expect(listeners.size).toBe(1)
    await new Promise<void>((resolve) => wss.close(() => resolve()))
    expect(listeners.size).toBe(0)
  })
})
