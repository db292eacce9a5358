import { once } from 'node:events'
import type { HookErrorEvent } from '@wsauth/server'
import { afterEach, describe, expect, it } from 'vitest'
import type { ConnectionStore } from '../src/stores/connection-store.ts'
import { dial, frame, raw, start, stopAll, upgradeRequest } from './support.ts'

afterEach(stopAll)

/** Counts as a fleet would; a test may hold the answers back. */
class FakeFleet implements ConnectionStore {
  readonly inside = new Map<string, string>()
  answer: () => Promise<void> = async () => {}

  async enter(userId: string, connectionId: string, limit: number): Promise<boolean> {
    const count = [...this.inside.values()].filter((one) => one === userId).length
    if (count < limit) this.inside.set(connectionId, userId)
    await this.answer()
    return count < limit
  }

  leave(connectionId: string): void {
    this.inside.delete(connectionId)
  }
}

const hello = '{"type":"auth","token":"good:alice"}'

async function greet(url: string) {
  const client = dial(url)
  await once(client.socket, 'open')
  client.send(hello)
  return client
}

describe('limits.connectionsPerUser on all nodes together', () => {
  it('refuses one more with slow_down, on whichever node, and lets the next in when one is gone', async () => {
    const connections = new FakeFleet()
    const limits = { connectionsPerUser: 2 }
    const [one, two] = [await start({ connections, limits }), await start({ connections, limits })]
    const first = await greet(one.url)
    await first.message(0)
    await (await greet(two.url)).message(0)
    for (const { url } of [one, two]) expect((await (await greet(url)).closed).code).toBe(4029)
    first.socket.close()
    await expect.poll(() => connections.inside.size).toBe(1)
    expect(await (await greet(two.url)).message(0)).toContain('auth_ok')
  })

  it('keeps nothing of a client that left while the others were asked', async () => {
    const connections = new FakeFleet()
    let release = () => {}
    connections.answer = () => new Promise((resolve) => (release = resolve))
    const { wss, url } = await start({ connections, limits: { connectionsPerUser: 2 } })
    const client = await greet(url)
    await expect.poll(() => connections.inside.size).toBe(1)
    client.socket.terminate()
    await expect.poll(() => connections.inside.size).toBe(0)
    release()
    await expect.poll(() => wss.stats().pending).toBe(0)
    expect(wss.stats().live).toBe(0)
  })

  it('refuses with temporarily_unavailable where the store cannot know', async () => {
    const connections = new FakeFleet()
    connections.answer = () => Promise.reject(new Error('away'))
    const { wss, url } = await start({ connections, limits: { connectionsPerUser: 2 } })
    const told = once(wss, 'auth_fail')
    expect((await (await greet(url)).closed).code).toBe(1013)
    // To the operator, who has to know which part it was; by its class, since texts of errors hold anything.
    expect(await told).toMatchObject([{ detail: 'the connection store threw: Error' }])
    await expect.poll(() => connections.inside.size).toBe(0)
  })

  it.each<[string, () => void | Promise<void>]>([
    [
      'throws',
      () => {
        throw new Error('away')
      },
    ],
    ['rejects', () => Promise.reject(new Error('away'))],
  ])('tells of a store that %s when somebody leaves, and goes on', async (_, leave) => {
    const connections = Object.assign(new FakeFleet(), { leave })
    const { wss, url } = await start({ connections, limits: { connectionsPerUser: 2 } })
    const errors: HookErrorEvent[] = []
    wss.on('hook_error', (event) => errors.push(event))
    const client = await greet(url)
    await client.message(0)
    client.socket.close()
    await client.closed
    await expect.poll(() => errors).toEqual([{ hook: 'connections', error: new Error('away') }])
    await expect.poll(() => wss.clients.size).toBe(0)
    expect(await (await greet(url)).message(0)).toContain('auth_ok')
  })

  it('counts nobody who left before the others were asked', async () => {
    const connections = new FakeFleet()
    const verdicts: (() => void)[] = []
    const { wss, url } = await start({
      connections,
      limits: { connectionsPerUser: 2 },
      verifier: () => new Promise((resolve) => verdicts.push(() => resolve({ userId: 'alice' }))),
    })
    const client = await greet(url)
    await expect.poll(() => verdicts.length).toBe(1)
    client.socket.terminate()
    await expect.poll(() => wss.stats().pending).toBe(0)
    verdicts[0]?.()
    await new Promise(setImmediate)
    expect(connections.inside.size).toBe(0)
  })

  it('counts nobody any more who is told to go, however long they take', async () => {
    const connections = new FakeFleet()
    const { wss, port } = await start({ connections, limits: { connectionsPerUser: 2 } })
    const silent = raw(port, Buffer.concat([Buffer.from(upgradeRequest()), frame(hello)]))
    await silent.until('auth_ok')
    expect(connections.inside.size).toBe(1)
    expect(wss.disconnect({ userId: 'alice' })).toBe(1)
    expect(connections.inside.size).toBe(0)
    silent.socket.destroy()
  })

  it('holds for this node alone where the store lets everybody in', async () => {
    const connections = Object.assign(new FakeFleet(), { enter: async () => true })
    const { url } = await start({ connections, limits: { connectionsPerUser: 1 } })
    await (await greet(url)).message(0)
    expect((await (await greet(url)).closed).code).toBe(4029)
  })

  it('asks nobody where there is no limit', async () => {
    const connections = new FakeFleet()
    const { url } = await start({ connections })
    await (await greet(url)).message(0)
    expect(connections.inside.size).toBe(0)
  })
})
