import { digits, type Figure } from '../figures/figure.ts'
import { median, percentile } from '../figures/statistics.ts'
import { addressOf } from '../load/hold.ts'
import { RawClient, type Script, type Target } from '../load/raw-client.ts'
import { type PeerName, peer } from '../peers.ts'
import { limitOf, measured, type Sample } from '../rounds.ts'
import { type LoopDelay, ServerProcess } from '../server-process.ts'
import { createIssuer, type Issuer } from '../tokens.ts'
import type { Scenario } from './scenario.ts'

interface Contestant {
  readonly peer: PeerName
  readonly backlog?: number
}

const contestants: readonly Contestant[] = [
  { peer: 'bare' },
  { peer: 'bare', backlog: 4_096 },
  { peer: 'wsauth', backlog: 511 },
  { peer: 'wsauth', backlog: 4_096 },
  { peer: 'recipe-jose', backlog: 4_096 },
  { peer: 'recipe-as-typed', backlog: 4_096 },
  { peer: 'socket-io', backlog: 4_096 },
]

const giveUpMs = 60_000

interface Storm extends Sample {
  readonly allInMs: number
  readonly p99Ms: number
  readonly delay: LoopDelay
}

/** All clients come back in the same instant: after a deploy, say. */
export const stormScenario: Scenario = {
  name: 'storm',
  about: 'reconnect storm of 5,000 clients: time until all are in, p99, event-loop delay',
  async run({ quick, say }) {
    const count = quick ? 300 : 5_000
    const rounds = quick ? 1 : 3
    const issuer = createIssuer('HS256')
    const first = new Map<Contestant, Storm[]>()
    const again = new Map<Contestant, Storm[]>()
    say(`storm: ${rounds} rounds of ${count} clients over ${contestants.length} servers`)
    for (let round = 0; round < rounds; round++) {
      for (const contestant of contestants) {
        const [unknown, known] = await storms(contestant, issuer, count)
        first.set(contestant, [...(first.get(contestant) ?? []), unknown])
        again.set(contestant, [...(again.get(contestant) ?? []), known])
      }
    }
    const notes = [
      `${count} clients dial at once; medians of ${rounds}, each in a fresh process. The number behind a name is the`,
      'listen backlog: connections beyond it are dropped by the kernel and dialled again a second later.',
    ]
    return [
      figure(
        'storm-known',
        `${count.toLocaleString('en')} clients come back at once, known tokens`,
        again,
        notes,
      ),
      figure(
        'storm-new',
        `${count.toLocaleString('en')} clients come at once, every token new`,
        first,
        notes,
      ),
    ]
  },
}

function figure(name: string, title: string, storms: Map<Contestant, Storm[]>, notes: string[]): Figure {
  const rows = contestants.map((contestant) => {
    const own = storms.get(contestant) ?? []
    const of = (pick: (storm: Storm) => number): number => median(own.map(pick))
    const { label, ours = false } = peer(contestant.peer)
    const allIn = of(({ allInMs }) => allInMs)
    const cells = [`${digits(allIn)} ms`, `${digits(of(({ p99Ms }) => p99Ms))} ms`]
    cells.push(`${digits(of(({ delay }) => delay.maxMs))} ms`)
    cells.push(`${digits(of(({ serverCpuMs }) => serverCpuMs))} ms`, limitOf(own))
    return { label: `${label} (${contestant.backlog ?? 511})`, ours, bar: allIn, cells }
  })
  return {
    name,
    title,
    columns: ['all in', 'p99', 'longest loop delay', 'server CPU', 'limited by'],
    rows: rows.toSorted((a, b) => a.bar - b.bar),
    bars: { unit: 'milliseconds until the last one is in', better: 'less' },
    notes,
  }
}

async function storms(
  contestant: Contestant,
  { job, tokens }: Issuer,
  count: number,
): Promise<[Storm, Storm]> {
  const { backlog } = contestant
  const server = await ServerProcess.start(contestant.peer, backlog ? { ...job, backlog } : job)
  try {
    const scripts = tokens({ count }).map(peer(contestant.peer).dialect.script)
    return [await storm(server, scripts), await storm(server, scripts)]
  } finally {
    await server.stop()
  }
}

async function storm(server: ServerProcess, scripts: readonly Script[]): Promise<Storm> {
  const delayed = await server.watchDelay()
  const { result, ...sample } = await measured(server, () => allIn(server, scripts))
  const delay = await delayed()
  for (const { client } of result) client.destroy()
  const waits = result.map(({ client }) => client.openedAtMs - client.startedAtMs)
  // The server sees the hang-ups before the next storm breaks.
  await server.memory()
  return { ...sample, delay, allInMs: Math.max(...waits), p99Ms: percentile(waits, 0.99) }
}

function allIn({ port }: Target, scripts: readonly Script[]): Promise<{ client: RawClient }[]> {
  return Promise.all(
    scripts.map(
      (script, index) =>
        new Promise<{ client: RawClient }>((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error('a client of the storm never got in')), giveUpMs)
          new RawClient({ port, ...addressOf(index) }, script, {
            opened(client) {
              clearTimeout(timer)
              resolve({ client })
            },
            closed: (_, code) => reject(new Error(`a client of the storm was refused (${code})`)),
          })
        }),
    ),
  )
}
