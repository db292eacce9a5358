import { digits, type FigureRow } from '../figures/figure.ts'
import { handshakes } from '../load/handshakes.ts'
import { RawClient, type Script } from '../load/raw-client.ts'
import { type PeerName, peer } from '../peers.ts'
import { ServerProcess } from '../server-process.ts'
import { createIssuer } from '../tokens.ts'
import type { Scenario } from './scenario.ts'

const contestants: readonly PeerName[] = ['wsauth']
const atOnce = 48

/** What is left behind by connections that came and went. */
export const soakScenario: Scenario = {
  name: 'soak',
  about: '100,000 good and 100,000 failed connections: heap and timers as before',
  optional: true,
  async run({ quick, say }) {
    const count = quick ? 1_000 : 100_000
    const rows: FigureRow[] = []
    for (const contestant of contestants) {
      const { job, tokens } = createIssuer('HS256')
      const server = await ServerProcess.start(contestant, job)
      try {
        const { dialect, label, ours = false } = peer(contestant)
        const foreign = createIssuer('HS256')
        // The caches are as full as they get before anything is counted.
        await handshakes(server, tokens({ count: Math.min(count, 20_000) }).map(dialect.script))
        await refused(server.port, foreign.tokens({ count: 1_000 }).map(dialect.script))
        const row = async (what: string): Promise<void> => {
          const { heap, rss } = await server.memory()
          const { timers = 0 } = await server.facts()
          const cells = [
            `${digits(heap / 1e6)} MB`,
            `${digits(rss / 1e6)} MB`,
            String(timers),
            'nothing: a count',
          ]
          rows.push({ label: `${label}: ${what}`, ours, cells })
        }
        await row('before')
        for (const [what, issuer] of [
          ['good', { tokens }],
          ['failed', foreign],
        ] as const) {
          say(`soak: ${count} ${what} connections`)
          for (let done = 0; done < count; done += 5_000) {
            const scripts = issuer.tokens({ count: Math.min(5_000, count - done) }).map(dialect.script)
            if (what === 'good') await handshakes(server, scripts)
            else await refused(server.port, scripts)
          }
          await row(`after ${count.toLocaleString('en')} ${what}`)
        }
      } finally {
        await server.stop()
      }
    }
    return [
      {
        name: 'soak',
        title: 'What connections leave behind',
        columns: ['heap', 'resident', 'timers', 'limited by'],
        rows,
        notes: [
          'After collection, with nobody connected. Counters of failures live for a minute, one timer each.',
        ],
      },
    ]
  },
}

/** Dials with credentials that are refused, so many at once. */
async function refused(port: number, scripts: readonly Script[]): Promise<void> {
  const left = scripts.values()
  const work = Array.from({ length: atOnce }, async () => {
    for (const script of left) {
      await new Promise<void>((resolve, reject) => {
        new RawClient({ port }, script, {
          opened: () => reject(new Error('a forged token opened a connection')),
          closed: () => resolve(),
        })
      })
    }
  })
  await Promise.all(work)
}
