import { digits, type Figure, times } from '../figures/figure.ts'
import { median, medianRatio } from '../figures/statistics.ts'
import { echoes } from '../load/echo.ts'
import { type PeerName, peer } from '../peers.ts'
import { interleaved, limitOf, measured } from '../rounds.ts'
import { ServerProcess } from '../server-process.ts'
import { createIssuer } from '../tokens.ts'
import type { Scenario, Setting } from './scenario.ts'

const connections = 50
const inFlight = 16
const contestants: readonly PeerName[] = [
  'bare',
  'wsauth',
  'wsauth-v1',
  'recipe-jose',
  'fastify',
  'socket-io',
  'graphql-ws',
  'hocuspocus',
]

/** What a message costs once a connection is authenticated. */
export const echoScenario: Scenario = {
  name: 'echo',
  about: `echoes a second over ${connections} connections after authentication, ${inFlight} in flight, 64 B and 1 KiB`,
  async run(setting) {
    return [await run(64, setting), await run(1_024, setting)]
  },
}

async function run(size: number, { quick, say }: Setting): Promise<Figure> {
  const rounds = quick ? 2 : 5
  const durationMs = quick ? 100 : 600
  const { job, tokens } = createIssuer('HS256')
  const servers = new Map<PeerName, ServerProcess>()
  try {
    for (const contestant of contestants) servers.set(contestant, await ServerProcess.start(contestant, job))
    const visit = async (contestant: PeerName) => {
      const server = servers.get(contestant)
      if (!server) throw new Error(`${contestant} does not run`)
      const { dialect } = peer(contestant)
      const options = { dialect, size, inFlight, durationMs, tokens: tokens({ count: connections }) }
      const { run, close } = await echoes(server, options)
      const sample = await measured(server, run)
      close()
      return sample
    }
    for (const contestant of contestants) await visit(contestant)
    say(`echo of ${size} B: ${rounds} rounds over ${contestants.length} servers`)
    const samples = await interleaved(contestants, rounds, visit)
    const rates = (contestant: PeerName): number[] =>
      (samples.get(contestant) ?? []).map(({ result, wallMs }) => (result * 1_000) / wallMs)
    const costs = (contestant: PeerName): number[] =>
      (samples.get(contestant) ?? []).map(({ result, serverCpuMs }) => (serverCpuMs * 1_000) / result)
    const rows = contestants.map((contestant) => {
      const { label, ours = false } = peer(contestant)
      const cost = median(costs(contestant))
      const ratios = [
        medianRatio(costs(contestant), costs('bare')),
        medianRatio(rates(contestant), rates('bare')),
      ]
      const limit = limitOf(samples.get(contestant) ?? [])
      const cells = [digits(cost), digits(median(rates(contestant))), ...ratios.map(times), limit]
      return { label, ours, bar: cost, cells }
    })
    return {
      name: `echo-${size}`,
      title: `Server CPU per message after authentication, echo of ${size === 64 ? '64 B' : '1 KiB'}`,
      columns: ['µs CPU each', 'a second', 'CPU to ws', 'rate to ws', 'limited by'],
      rows: rows.toSorted((a, b) => a.bar - b.bar),
      bars: { unit: 'µs of server CPU', better: 'less' },
      notes: [
        `${connections} connections, ${inFlight} messages in flight on each; medians of ${rounds} interleaved rounds.`,
        'An echo of graphql-ws is a query with its answer and completion; of Hocuspocus, a stateless message.',
      ],
    }
  } finally {
    for (const server of servers.values()) await server.stop()
  }
}
