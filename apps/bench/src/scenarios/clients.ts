import type { ClientUnderTest } from '../clients/client.ts'
import { socketIoClient } from '../clients/socket-io.ts'
import { party, plain, reconnecting } from '../clients/sockets.ts'
import { authClass, authClient } from '../clients/wsauth.ts'
import { digits, times } from '../figures/figure.ts'
import { median, medianRatio } from '../figures/statistics.ts'
import type { PeerName } from '../peers.ts'
import { interleaved, limitOf, measured, type Sample } from '../rounds.ts'
import { ServerProcess } from '../server-process.ts'
import { createIssuer } from '../tokens.ts'
import type { Scenario } from './scenario.ts'

const contestants: readonly ClientUnderTest[] = [
  plain,
  authClient,
  authClass,
  reconnecting,
  party,
  socketIoClient,
]
const inFlight = 16
const message: string = 'x'.repeat(64)

/** What a message costs the client. */
export const clientScenario: Scenario = {
  name: 'clients',
  about: 'echo round trips of client libraries in Node, 64 B',
  async run({ quick, say }) {
    const rounds = quick ? 2 : 5
    const durationMs = quick ? 100 : 600
    const { job, tokens } = createIssuer('HS256')
    const servers = new Map<PeerName, ServerProcess>()
    try {
      for (const name of new Set(contestants.map(({ server }) => server))) {
        servers.set(name, await ServerProcess.start(name, job))
      }
      const visit = async (contestant: ClientUnderTest): Promise<Sample & { result: number }> => {
        const server = servers.get(contestant.server)
        if (!server) throw new Error(`${contestant.server} does not run`)
        const [token = ''] = tokens({ count: 1 })
        const { run, close } = await roundTrips(contestant, server.port, token, durationMs)
        const sample = await measured(server, run)
        close()
        return sample
      }
      for (const contestant of contestants) await visit(contestant)
      say(`clients: ${rounds} rounds over ${contestants.length} libraries`)
      const samples = await interleaved(contestants, rounds, visit)
      const rates = (contestant: ClientUnderTest): number[] =>
        (samples.get(contestant) ?? []).map(({ result, wallMs }) => (result * 1_000) / wallMs)
      const rows = contestants.map((contestant) => {
        const own = samples.get(contestant) ?? []
        const rate = median(rates(contestant))
        const cost = median(own.map(({ result, loadCpuMs }) => (loadCpuMs * 1_000) / result))
        const ratio = times(medianRatio(rates(contestant), rates(plain)))
        const { label, ours = false } = contestant
        return { label, ours, bar: rate, cells: [digits(rate), digits(cost), ratio, limitOf(own)] }
      })
      return [
        {
          name: 'clients',
          title: 'Echo round trips a second of one client in Node, 64 B',
          columns: ['a second', 'µs of client CPU each', 'to ws', 'limited by'],
          rows: rows.toSorted((a, b) => b.bar - a.bar),
          bars: { unit: 'round trips a second', better: 'more' },
          notes: [
            `One connection, ${inFlight} messages in flight; medians of ${rounds} interleaved rounds. Here the client is the`,
            'load, so "load generator" is what a library should be limited by. Only wsauth and Socket.IO authenticate.',
          ],
        },
      ]
    } finally {
      for (const server of servers.values()) await server.stop()
    }
  },
}

async function roundTrips(
  contestant: ClientUnderTest,
  port: number,
  token: string,
  durationMs: number,
): Promise<{ run(): Promise<number>; close(): void }> {
  let total = 0
  let owed = 0
  let isRunning = false
  let onQuiet: (() => void) | undefined
  const client = await contestant.connect(port, token, () => {
    total += 1
    if (isRunning) {
      client.send(message)
      return
    }
    owed -= 1
    if (owed === 0) onQuiet?.()
  })
  return {
    run() {
      return new Promise((resolve, reject) => {
        const deadline = setTimeout(() => reject(new Error(`${owed} echoes never came`)), durationMs + 10_000)
        onQuiet = () => {
          clearTimeout(deadline)
          resolve(total)
        }
        isRunning = true
        owed = inFlight
        for (let index = 0; index < inFlight; index++) client.send(message)
        setTimeout(() => {
          isRunning = false
        }, durationMs)
      })
    },
    close: () => client.close(),
  }
}
