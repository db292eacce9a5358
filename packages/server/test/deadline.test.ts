import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'
import { FakeClock } from '@wsauth/protocol/testing'
import type { Verifier, VerifierContext } from '@wsauth/server'
import { afterEach, describe, expect, it } from 'vitest'
import { AuthWebSocketServer, cookie, firstMessage } from '../src/index.ts'
import { admitted, dial, frame, raw, start, stopAll, upgradeRequest, verifier } from './support.ts'

afterEach(stopAll)

describe('P2: a connection that has not authenticated in time is closed with 4001', () => {
  it('at 5.0 s, be it silent, chatty, or verified slowly', async () => {
    const clock = new FakeClock()
    const { wss, url, port } = await start({ clock, verifier: () => new Promise(() => {}) })
    const sockets = admitted(wss)
    const [silent, chatty, slow] = [dial(url), dial(url), dial(url)]
    await Promise.all([silent, chatty, slow].map(({ socket }) => once(socket, 'open')))
    slow.send('{"type":"auth","token":"slow"}', 'held')
    const upgrading = raw(port, upgradeRequest('/', ['Authorization: Bearer slow']))
    await expect.poll(() => wss.stats()).toMatchObject({ pending: 4, verifying: 2 })
    for (let second = 0; second < 4; second++) {
      clock.advance(1_000)
      chatty.send('{"type":"hello"}')
      chatty.socket.ping()
      await once(chatty.socket, 'pong')
    }
    clock.advance(999)
    expect(wss.stats()).toMatchObject({ pending: 4, refused: {} })
    clock.advance(1)
    for (const { closed } of [silent, chatty, slow]) {
      expect(await closed).toEqual({ code: 4001, reason: 'Authentication timeout' })
    }
    expect(await upgrading.ended).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    await expect.poll(() => wss.stats()).toMatchObject({ pending: 0, verifying: 0 })
    expect(sockets).toEqual([])
  })

  it('tells the operator which ways there were, where nothing came by any of them', async () => {
    const clock = new FakeClock()
    const { wss, url } = await start({ clock, methods: [firstMessage(), cookie()], origins: [] })
    const told = once(wss, 'auth_fail')
    const client = dial(`${url}?token=good:alice`)
    await once(client.socket, 'open')
    clock.advance(5_000)
    expect(await told).toMatchObject([
      { error: 'timeout', detail: 'no credential came by firstMessage() or cookie()' },
    ])
  })

  it('tells the operator of a verifier that takes too long', async () => {
    const clock = new FakeClock()
    let asked: (() => void) | undefined
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    const verifier = () => {
      asked?.()
      return new Promise<never>(() => {})
    }
    const { wss, url } = await start({ clock, verifier })
    const told = once(wss, 'auth_fail')
    const client = dial(url)
    await once(client.socket, 'open')
    client.send('{"type":"auth","token":"slow"}')
    await isAsked
    clock.advance(5_000)
    const detail = 'the verifier gave no verdict within auth.deadlineMs'
    expect(await told).toMatchObject([{ error: 'timeout', method: 'firstMessage', detail }])
  })

  it('calls a verifier off whose answer nobody waits for: at the deadline of a refresh too, and whenever it looks', async () => {
    const clock = new FakeClock()
    const asked: VerifierContext[] = []
    const verifier: Verifier = (token, context) => {
      asked.push(context)
      return token === 'good' ? { userId: 'alice' } : new Promise(() => {})
    }
    const { wss, url } = await start({ clock, verifier })
    const client = dial(url)
    await once(client.socket, 'open')
    client.send('{"type":"auth","token":"good","v":1}')
    const { channel } = JSON.parse(await client.message(0))
    client.send(`{"wsauth":"${channel}","type":"auth","token":"slow"}`)
    await expect.poll(() => asked.length).toBe(2)
    const { signal } = asked[1] ?? {}
    expect(signal?.aborted).toBe(false)
    clock.advance(5_000)
    expect(await client.message(1)).toContain('"error":"temporarily_unavailable"')
    expect(signal?.aborted).toBe(true)
    expect(asked.map((context) => context.signal.aborted)).toEqual([false, true])
    client.send(`{"wsauth":"${channel}","type":"auth","token":"slower"}`)
    await expect.poll(() => asked.length).toBe(3)
    client.socket.terminate()
    await expect.poll(() => wss.stats().live).toBe(0)
    expect(asked.map((context) => context.signal.aborted)).toEqual([true, true, true])
  })

  it('calls the verifier of a message off when its client leaves, though a newer token came meanwhile', async () => {
    const asked: AbortSignal[] = []
    const verifier: Verifier = (token, { signal }) => {
      if (token === 'slow') asked.push(signal)
      return token === 'slow' ? new Promise(() => {}) : { userId: 'alice' }
    }
    const { port } = await start({ verifier, continuous: true })
    const auth = frame('{"type":"auth","token":"good","v":1}')
    const client = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), auth]))
    const [, channel] = /"channel":"([^"]+)"/.exec(await client.until('channel')) ?? []
    // In one write: the socket is not read while a message is verified.
    const message = frame('{"type":"message","token":"slow","data":"x"}')
    const refresh = frame(`{"wsauth":"${channel}","type":"auth","token":"newer"}`)
    client.socket.write(Buffer.concat([message, refresh]))
    await client.until(`{"wsauth":"${channel}","type":"auth_ok"`)
    expect(asked.map(({ aborted }) => aborted)).toEqual([false])
    client.socket.destroy()
    await expect.poll(() => asked[0]?.aborted).toBe(true)
  })

  it('SECURITY 15: holds for a verifyClient of the application that never answers', async () => {
    const clock = new FakeClock()
    let answer: ((accept: boolean) => void) | undefined
    const { wss, port } = await start(
      { clock },
      {
        verifyClient: (_info, done) => {
          answer = done
        },
      },
    )
    const sockets = admitted(wss)
    const client = raw(port, upgradeRequest('/', ['Authorization: Bearer good:alice']))
    await expect.poll(() => answer).toBeDefined()
    clock.advance(5_000)
    expect(await client.ended).toMatch(
      /^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*\r\nCache-Control: no-store\r\n/,
    )
    answer?.(true)
    expect(wss.stats()).toMatchObject({ pending: 0, admitted: 0 })
    expect(clock.pending).toBe(0)
    expect(sockets).toEqual([])
  })

  it.each([
    ['verified', ['Authorization: Bearer bad'], 'invalid_token'],
    [
      'looked at, and nothing was verified',
      ['Authorization: Bearer a', 'Authorization: Bearer b'],
      'invalid_request',
    ],
  ])(
    'SECURITY 18: holds for a peer that does not take its refusal, %s: it is gone after closeTimeoutMs',
    async (_, headers, error) => {
      const clock = new FakeClock()
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      const wss = new AuthWebSocketServer({ noServer: true, auth: { verifier, clock } })
      // What is written to it goes nowhere.
      const stuck = new Duplex({ read() {}, write() {} })
      server.on('upgrade', (request, socket) => {
        wss.handleUpgrade(request, stuck, Buffer.alloc(0), () => {})
        socket.destroy()
      })
      const client = raw((server.address() as AddressInfo).port, upgradeRequest('/', headers))
      await client.ended
      expect(wss.stats().refused).toEqual({ [error]: 1 })
      clock.advance(1_999)
      expect(stuck.destroyed).toBe(false)
      clock.advance(1)
      expect(stuck.destroyed).toBe(true)
      await expect.poll(() => wss.stats().pending).toBe(0)
      expect(clock.pending).toBe(0)
      server.close()
    },
  )

  it('holds for a peer that never answers the Close frame: it is gone after closeTimeoutMs', async () => {
    const { wss, port } = await start({ limits: { closeTimeoutMs: 50 } })
    const client = raw(
      port,
      Buffer.concat([Buffer.from(upgradeRequest()), frame('{"type":"auth","token":"bad"}')]),
    )
    await client.until('Authentication failed')
    await client.ended
    await expect.poll(() => wss.stats().pending).toBe(0)
  })

  it('a closeTimeoutMs that no timer can wait for is a long time, and not none at all', async () => {
    const { wss } = await start({ limits: { closeTimeoutMs: Number.MAX_SAFE_INTEGER } })
    expect(wss.options).toMatchObject({ closeTimeout: 2 ** 31 - 1 })
  })
})
