import { digits, type Figure, type FigureRow } from '../figures/figure.ts'
import { handshakes } from '../load/handshakes.ts'
import { hold } from '../load/hold.ts'
import type { Script } from '../load/raw-client.ts'
import { type PeerName, peer } from '../peers.ts'
import { ServerProcess } from '../server-process.ts'
import { createIssuer, type Issuer } from '../tokens.ts'
import type { Scenario, Setting } from './scenario.ts'

const idle: readonly PeerName[] = [
  'bare',
  'wsauth',
  'wsauth-v1',
  'wsauth-header',
  'recipe-jose',
  'fastify',
  'graphql-ws',
  'hocuspocus',
  'socket-io',
]
const pending: readonly PeerName[] = [
  'bare',
  'wsauth',
  'recipe-jose',
  'graphql-ws',
  'hocuspocus',
  'socket-io',
]

/** What a connection costs that does nothing. */
export const memoryScenario: Scenario = {
  name: 'memory',
  about: 'bytes per idle authenticated connection and per pending one, 10,000 held, after collection',
  async run(setting) {
    const authenticated = await run('authenticated', idle, setting)
    return [authenticated, await run('pending', pending, setting)]
  },
}

interface Cost {
  readonly heap: number
  readonly rss: number
}

async function run(
  kind: 'authenticated' | 'pending',
  contestants: readonly PeerName[],
  { quick, say }: Setting,
): Promise<Figure> {
  const count = quick ? 500 : 10_000
  const issuer = createIssuer('HS256')
  const costs = new Map<PeerName, Cost>()
  say(`memory: ${count} ${kind} connections on each of ${contestants.length} servers`)
  for (const contestant of contestants) {
    costs.set(contestant, await costOf(contestant, kind, count, issuer))
  }
  const heapOf = (contestant: PeerName): number => costs.get(contestant)?.heap ?? Number.NaN
  const rows = contestants.map((contestant): FigureRow & { bar: number } => {
    const heap = heapOf(contestant)
    const rss = costs.get(contestant)?.rss ?? Number.NaN
    const { label, ours = false } = peer(contestant)
    const more = `${heap >= heapOf('bare') ? '+' : '−'}${digits(Math.abs(heap - heapOf('bare')) / 1_024)} KiB`
    return {
      label,
      ours,
      bar: heap,
      cells: [`${digits(heap / 1_024)} KiB`, more, `${digits(rss / 1_024)} KiB`, 'memory'],
    }
  })
  return {
    name: `memory-${kind}`,
    title: `Memory per ${kind === 'pending' ? 'pending' : 'idle authenticated'} connection`,
    columns: ['heap', `to ${peer('bare').label}`, 'resident', 'limited by'],
    rows: rows.toSorted((a, b) => a.bar - b.bar),
    bars: { unit: 'JavaScript heap and what hangs off it, after collection', better: 'less' },
    notes: [
      `${count} connections held in a fresh process, after two collections. The heap repeats within one per cent.`,
    ],
  }
}

async function costOf(
  contestant: PeerName,
  kind: 'authenticated' | 'pending',
  count: number,
  { job, tokens }: Issuer,
): Promise<Cost> {
  const { dialect } = peer(contestant)
  // Far from any deadline, so that pending connections are still there when they are counted.
  const server = await ServerProcess.start(contestant, { ...job, deadlineMs: 120_000 })
  try {
    await handshakes(server, tokens({ count: Math.min(count, 1_000) }).map(dialect.script))
    const before = await server.memory()
    const scripts = tokens({ count }).map((token): Script => {
      const { request, ...rest } = dialect.script(token)
      return kind === 'pending' ? { request } : { request, ...rest }
    })
    const clients = await hold(server, scripts)
    const after = await server.memory()
    for (const client of clients) client.destroy()
    return { heap: (after.heap - before.heap) / count, rss: (after.rss - before.rss) / count }
  } finally {
    await server.stop()
  }
}
