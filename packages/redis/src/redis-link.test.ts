import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RedisHealth, RedisLink, RedisUnavailable } from './redis-link.ts'
import { probe } from './scripts.ts'

interface Answer {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** A client whose answers a test gives. */
class FakeClient extends EventEmitter {
  readonly asked: Answer[] = []

  evalSha(): Promise<unknown> {
    return new Promise((resolve, reject) => this.asked.push({ resolve, reject }))
  }

  eval(): Promise<unknown> {
    return this.evalSha()
  }
}

function open(): {
  client: FakeClient
  link: RedisLink
  healths: RedisHealth[]
  ask: () => Promise<unknown>
} {
  const client = new FakeClient()
  const link = new RedisLink(client)
  const healths: RedisHealth[] = []
  link.onHealth((health) => healths.push(health))
  return { client, link, healths, ask: () => link.run(probe, ['key']).catch((error: unknown) => error) }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('SECURITY 25 a command that hangs', () => {
  it('is given up after 2 s; others fail at once from then on; a probe of its own notices the return', async () => {
    const { client, healths, ask } = open()
    const first = ask()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await first).toBeInstanceOf(RedisUnavailable)
    expect(healths).toMatchObject([{ up: false, reason: 'timeout' }])
    for (let n = 0; n < 1_000; n++) expect(await ask()).toBeInstanceOf(RedisUnavailable)
    expect(client.asked).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(500)
    expect(client.asked).toHaveLength(2)
    client.asked[1]?.resolve('PONG')
    await vi.advanceTimersByTimeAsync(0)
    expect(healths).toMatchObject([{ up: false }, { up: true }])
    const next = ask()
    client.asked[2]?.resolve('fine')
    expect(await next).toBe('fine')
  })

  it('asks again and again, one question at a time', async () => {
    const { client, ask } = open()
    void ask()
    await vi.advanceTimersByTimeAsync(2_000)
    for (let n = 1; n < 4; n++) {
      await vi.advanceTimersByTimeAsync(500)
      expect(client.asked).toHaveLength(1 + n)
      client.asked[n]?.reject(new Error('Socket closed unexpectedly'))
      await vi.advanceTimersByTimeAsync(0)
    }
  })

  it('leaves one question in the queue of a library without a connection, in an hour 120', async () => {
    const { client, ask } = open()
    void ask()
    await vi.advanceTimersByTimeAsync(2_000 + 30_000)
    expect(client.asked).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(client.asked.length).toBeLessThan(130)
  })

  it('counts an answer that comes too late for its caller', async () => {
    const { client, healths, ask } = open()
    const first = ask()
    await vi.advanceTimersByTimeAsync(2_000)
    await first
    client.asked[0]?.resolve('late')
    await vi.advanceTimersByTimeAsync(0)
    expect(healths.at(-1)?.up).toBe(true)
  })

  it('that the library gives up later than we did is no second outage', async () => {
    const { client, healths, ask } = open()
    const first = ask()
    await vi.advanceTimersByTimeAsync(2_500)
    await first
    client.asked[1]?.resolve('PONG')
    await vi.advanceTimersByTimeAsync(0)
    client.asked[0]?.reject(new Error('Timed out'))
    await vi.advanceTimersByTimeAsync(0)
    expect(healths.map(({ up }) => up)).toEqual([false, true])
  })

  it('is no outage where others were answered meanwhile', async () => {
    const { client, healths, ask } = open()
    const slow = ask()
    await vi.advanceTimersByTimeAsync(1_000)
    const quick = ask()
    client.asked[1]?.resolve('quick')
    expect(await quick).toBe('quick')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await slow).toBeInstanceOf(RedisUnavailable)
    expect(healths).toEqual([])
  })
})

describe('an error', () => {
  it.each([
    ['OOM command not allowed when used memory > maxmemory', true],
    ['READONLY You can not write against a read only replica.', false],
    ['BUSY Redis is busy running a script.', false],
    ['LOADING Redis is loading the dataset in memory', false],
    ['NOAUTH Authentication required.', false],
    ['WRONGPASS invalid username-password pair or user is disabled.', false],
    ["NOPERM User wsauth has no permissions to run the 'eval' command", true],
    ['Socket closed unexpectedly', false],
    ['connect ECONNREFUSED 127.0.0.1:6379', false],
  ])('%s: the server is there: %s', async (message, isUp) => {
    const { client, link, ask } = open()
    const answer = ask()
    client.asked[0]?.reject(new Error(message))
    expect((await answer) instanceof RedisUnavailable).toBe(!isUp)
    expect(link.health.up).toBe(isUp)
    link.close()
  })

  it('sends the whole script where the server has forgotten it', async () => {
    const { client, ask } = open()
    const first = ask()
    client.asked[0]?.resolve('fine')
    await first
    const answer = ask()
    client.asked[1]?.reject(new Error('NOSCRIPT No matching script.'))
    await vi.advanceTimersByTimeAsync(0)
    client.asked[2]?.resolve('fine as well')
    expect(await answer).toBe('fine as well')
  })

  it('is none where the client was told to answer with buffers', async () => {
    const { client, ask } = open()
    const answer = ask()
    client.asked[0]?.resolve([Buffer.from('é'), [Buffer.from('b'), 3, null]])
    expect(await answer).toEqual(['é', ['b', 3, null]])
  })

  it('of a lost connection does not end the process', () => {
    const { client } = open()
    expect(() => client.emit('error', new Error('gone'))).not.toThrow()
  })
})
