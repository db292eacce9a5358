import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireProgram } from '../../../packages/config/src/programs.ts'
import { serveAdmin } from '../src/admin.ts'
import { Cluster, type Snapshot } from '../src/cluster.ts'

const redis = requireProgram('redis-server')
const haproxy = requireProgram('haproxy')

describe.skipIf(!redis || !haproxy)('a cluster to kill', () => {
  let cluster: Cluster
  let admin: { url: string; close: () => void }
  beforeAll(async () => {
    cluster = await Cluster.start({ redis: redis ?? '', haproxy: haproxy ?? '' })
    admin = await serveAdmin(cluster, 0)
  })
  afterAll(async () => {
    admin?.close()
    await cluster?.[Symbol.asyncDispose]()
  })

  const look = async (): Promise<Snapshot> =>
    (await fetch(`${admin.url}/snapshot`)).json() as Promise<Snapshot>
  const press = async (what: string, about: string, origin = admin.url): Promise<number> =>
    (await fetch(`${admin.url}/${what}/${about}`, { method: 'POST', headers: { Origin: origin } })).status
  const open = ({ tabs }: Snapshot): number => tabs.filter(({ node }) => node !== '').length
  const eventually = (isSo: (snapshot: Snapshot) => boolean): Promise<void> =>
    expect.poll(async () => isSo(await look()), { timeout: 30_000, interval: 100 }).toBe(true)

  it('spreads people over three nodes, and shows each', async () => {
    await eventually((snapshot) => open(snapshot) === 60)
    const { nodes, tabs } = await look()
    expect(new Set(tabs.map(({ node }) => node))).toEqual(new Set(nodes.map(({ name }) => name)))
    await eventually((snapshot) =>
      snapshot.nodes.every(({ stats }) => 'live' in stats && Number(stats.live) > 0),
    )
    expect(await (await fetch(admin.url)).text()).toContain('A cluster to kill')
  })

  it('a revocation closes all tabs of a person, on every node, and nobody else', async () => {
    expect(await press('revoke', 'ada')).toBe(204)
    const { tabs, log } = await look()
    expect(tabs.filter(({ userId }) => userId === 'ada').every(({ state }) => state === 'closed')).toBe(true)
    expect(open(await look())).toBe(55)
    expect(log[0]?.text).toMatch(/^ada: revoked\. Acknowledged .* 5 of 5 tabs closed/)
  })

  it('a killed node: its tabs are back on the others', async () => {
    await press('kill', 'north')
    await eventually(
      (snapshot) => open(snapshot) === 55 && !snapshot.tabs.some(({ node }) => node === 'north'),
    )
    await press('start', 'north')
    await eventually(({ nodes }) => nodes.every(({ state }) => state === 'up'))
  })

  it('Redis killed: who is in stays in, and a revocation works when it is back', async () => {
    await press('kill', 'redis')
    expect(open(await look())).toBe(55)
    await press('start', 'redis')
    await eventually((snapshot) => snapshot.redis === 'up' && open(snapshot) === 55)
    await expect
      .poll(
        async () => {
          await press('revoke', 'grace')
          return open(await look())
        },
        { timeout: 20_000 },
      )
      .toBe(50)
    await press('sign-in', 'grace')
    await eventually((snapshot) => open(snapshot) === 55)
  })

  it('another page presses no button', async () => {
    expect(await press('kill', 'redis', 'https://evil.example')).toBe(404)
    expect(await press('kill', 'nobody')).toBe(404)
    expect((await look()).redis).toBe('up')
  })
})
