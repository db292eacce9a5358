import { once } from 'node:events'
import { FakeClock } from '@wsauth/protocol/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { cookie, firstMessage } from '../src/index.ts'
import { dial, frame, raw, start, stopAll, upgradeRequest } from './support.ts'

afterEach(stopAll)

describe('P2: a connection that has not authenticated in time is closed with 4001', () => {
  it('at 5.0 s ± 0.2, be it silent, chatty, or verified slowly', { timeout: 15_000 }, async () => {
    const { wss, url, port } = await start({ verifier: () => new Promise(() => {}) })
    wss.on('connection', () => expect.unreachable())
    const timed = async (speak: (client: ReturnType<typeof dial>) => (() => void) | undefined) => {
      const startMs = performance.now()
      const client = dial(url)
      await once(client.socket, 'open')
      const stop = speak(client)
      const closed = await client.closed
      stop?.()
      return { ...closed, tookMs: performance.now() - startMs }
    }
    const upgrading = async () => {
      const startMs = performance.now()
      const client = raw(port, upgradeRequest('/', ['Authorization: Bearer slow']))
      const [status] = (await client.ended).split('\r\n')
      return { status, tookMs: performance.now() - startMs }
    }
    const [silent, chatty, slow, http] = await Promise.all([
      timed(() => undefined),
      timed((client) => {
        const interval = setInterval(() => client.send('{"type":"hello"}'), 400)
        return () => clearInterval(interval)
      }),
      timed((client) => {
        client.send('{"type":"auth","token":"slow"}', 'held')
        return undefined
      }),
      upgrading(),
    ])
    for (const { code, reason, tookMs } of [silent, chatty, slow]) {
      expect({ code, reason }).toEqual({ code: 4001, reason: 'Authentication timeout' })
      expect(Math.abs(tookMs - 5_000)).toBeLessThanOrEqual(200)
    }
    expect(http.status).toBe('HTTP/1.1 408 Request Timeout')
    expect(Math.abs(http.tookMs - 5_000)).toBeLessThanOrEqual(200)
    await expect.poll(() => wss.stats().pending).toBe(0)
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
    wss.on('connection', () => expect.unreachable())
    const client = raw(port, upgradeRequest('/', ['Authorization: Bearer good:alice']))
    await expect.poll(() => answer).toBeDefined()
    clock.advance(5_000)
    expect(await client.ended).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    answer?.(true)
    expect(wss.stats()).toMatchObject({ pending: 0, admitted: 0 })
    expect(clock.pending).toBe(0)
  })

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
})
