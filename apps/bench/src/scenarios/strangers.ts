import { digits, type FigureRow } from '../figures/figure.ts'
import { median } from '../figures/statistics.ts'
import { clientFrame, Opcode } from '../load/frames.ts'
import { handshakes } from '../load/handshakes.ts'
import { hold } from '../load/hold.ts'
import type { RawClient } from '../load/raw-client.ts'
import { type PeerName, peer } from '../peers.ts'
import { ServerProcess } from '../server-process.ts'
import { createIssuer } from '../tokens.ts'
import type { Scenario } from './scenario.ts'

const contestants: readonly PeerName[] = ['wsauth', 'recipe-jose', 'bare']
// Under the 16 pieces and 16 KiB that a wsauth server takes from a stranger: as much as it will keep.
const pieces = 15
const piece: Buffer = clientFrame('x'.repeat(1_000), Opcode.continuation, false)
const firstPiece: Buffer = clientFrame('x'.repeat(1_000), Opcode.text, false)
const guests = 50

/** Ten thousand sockets that authenticate never: what they take, and whether anybody else still gets in. */
export const strangersScenario: Scenario = {
  name: 'strangers',
  about:
    '10,000 silent sockets, then under the worst allowed input: bytes each, and how long a valid client waits',
  async run({ quick, say }) {
    const count = quick ? 300 : 9_900
    const rows: FigureRow[] = []
    for (const contestant of contestants) {
      say(`strangers: ${count} sockets on ${peer(contestant).label}`)
      rows.push(await rowOf(contestant, count))
    }
    return [
      {
        name: 'strangers',
        title: `${count.toLocaleString('en')} strangers who never authenticate`,
        columns: ['silent, each', 'worst input, each', 'a guest is in after', 'slowest guest', 'limited by'],
        rows,
        notes: [
          `Resident bytes per socket; then each sends ${pieces} pieces of 1,000 B of a message that never ends.`,
          `Meanwhile ${guests} valid clients come one after the other: the median and the slowest of them.`,
        ],
      },
    ]
  },
}

async function rowOf(contestant: PeerName, count: number): Promise<FigureRow> {
  const { job, tokens } = createIssuer('HS256')
  const server = await ServerProcess.start(contestant, { ...job, deadlineMs: 120_000 })
  try {
    const { dialect, label, ours = false } = peer(contestant)
    const guest = async (token: string): Promise<number> => {
      const startedAt = performance.now()
      await handshakes(server, [dialect.script(token)])
      return performance.now() - startedAt
    }
    await handshakes(server, tokens({ count: 500 }).map(dialect.script))
    const before = await server.memory()
    const { request } = dialect.script('')
    const strangers = await hold(
      server,
      Array.from({ length: count }, () => ({ request })),
    )
    const silent = await server.memory()
    await pester(strangers)
    const waits: number[] = []
    for (const token of tokens({ count: guests })) waits.push(await guest(token))
    const worst = await server.memory()
    const left = strangers.filter((stranger) => stranger.isOpen && !stranger.socket.destroyed).length
    for (const stranger of strangers) stranger.destroy()
    const each = (bytes: number): string => `${digits(bytes / count / 1_024)} KiB`
    const cells = [each(silent.rss - before.rss), each(worst.rss - before.rss), `${digits(median(waits))} ms`]
    cells.push(`${digits(Math.max(...waits))} ms`, `memory; ${left} of ${count} still there`)
    return { label, ours, cells }
  } finally {
    await server.stop()
  }
}

/** Piece by piece to all of them, so that each piece is a read of its own. */
async function pester(strangers: readonly RawClient[]): Promise<void> {
  for (let index = 0; index < pieces; index++) {
    for (const stranger of strangers) stranger.send(index === 0 ? firstPiece : piece)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
