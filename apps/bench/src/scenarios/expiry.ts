import { digits, type FigureRow } from '../figures/figure.ts'
import { clientFrame } from '../load/frames.ts'
import { addressOf } from '../load/hold.ts'
import { RawClient, type Target } from '../load/raw-client.ts'
import { type PeerName, peer } from '../peers.ts'
import { ServerProcess } from '../server-process.ts'
import { createIssuer } from '../tokens.ts'
import type { Scenario } from './scenario.ts'

const contestants: readonly PeerName[] = ['expiry-wsauth', 'expiry-by-hand']
const message: Buffer = clientFrame('still here')
const talkers = 1_000
const concurrency = 100
/** Nobody dials any more so shortly before the end. */
const settleMs = 1_500

interface Outcome {
  readonly codes: Map<number | undefined, number>
  /** A slow machine may not get all of them open in time. */
  readonly opened: number
  /** From the tokens' end to the last Close frame. */
  readonly lastMs: number
  /** Frames that the application sent after the end and that arrived all the same. */
  readonly lateOut: number
}

/** All tokens end in the same instant, with traffic both ways. */
export const expiryScenario: Scenario = {
  name: 'expiry',
  about: 'expiry of 10,000 sockets in one second: all closed, nothing after the end, event-loop delay',
  async run({ quick, say }) {
    const count = quick ? 500 : 10_000
    const rows: FigureRow[] = []
    for (const contestant of contestants) {
      say(`expiry: ${count} sockets of ${peer(contestant).label}`)
      rows.push(await rowOf(contestant, count, quick ? 3 : 12))
    }
    return [
      {
        name: 'expiry',
        title: `${count.toLocaleString('en')} sockets whose tokens end in the same instant`,
        columns: [
          'closed 4002',
          'last close after',
          'sent late',
          'delivered late',
          'longest loop delay',
          'limited by',
        ],
        rows,
        notes: [
          `${Math.min(count, talkers)} clients send ten messages a second, the application sends to every tenth client as often.`,
          'Late: a frame or a delivery more than 1 ms after the end, by the clock of the server.',
        ],
      },
    ]
  },
}

async function rowOf(contestant: PeerName, count: number, leadSeconds: number): Promise<FigureRow> {
  const { job, tokens } = createIssuer('HS256')
  const server = await ServerProcess.start(contestant, job)
  try {
    const expiresAt = Math.ceil(Date.now() / 1_000) + leadSeconds
    const { dialect, label, ours = false } = peer(contestant)
    const scripts = tokens({ count, expiresAt }).map(dialect.script)
    const ending = expire(server, scripts, expiresAt * 1_000)
    await new Promise((resolve) => setTimeout(resolve, expiresAt * 1_000 - Date.now() - 900))
    const delayed = await server.watchDelay()
    const { codes, opened, lastMs, lateOut } = await ending
    const { maxMs } = await delayed()
    const { late = 0, heard = 0 } = await server.facts()
    const closed = codes.get(4002) ?? 0
    const cells = [`${closed} of ${opened}`, `${digits(lastMs)} ms`, String(lateOut), `${late} of ${heard}`]
    cells.push(`${digits(maxMs)} ms`, 'server CPU')
    return { label, ours, cells }
  } finally {
    await server.stop()
  }
}

function expire(
  { port }: Target,
  scripts: ReturnType<ReturnType<typeof peer>['dialect']['script']>[],
  endsAtMs: number,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const codes = new Map<number | undefined, number>()
    const clients: RawClient[] = []
    let next = 0
    let opened = 0
    let closed = 0
    let lateOut = 0
    const talking = setInterval(() => {
      for (const client of clients.slice(0, talkers)) if (client.isOpen) client.send(message)
    }, 100)
    const giveUp = setTimeout(() => finish(), endsAtMs - Date.now() + 15_000)
    const finish = (): void => {
      clearInterval(talking)
      clearTimeout(giveUp)
      for (const client of clients) client.destroy()
      resolve({ codes, opened, lateOut, lastMs: Date.now() - endsAtMs })
    }
    const start = (): void => {
      const script = scripts[next]
      if (!script || Date.now() > endsAtMs - settleMs) return
      const client = new RawClient({ port, ...addressOf(next++) }, script, {
        opened() {
          opened += 1
          start()
        },
        frame: (_, payload) => {
          if (Number(payload.toString('latin1')) >= endsAtMs + 1) lateOut += 1
        },
        closed: (_, code) => {
          codes.set(code, (codes.get(code) ?? 0) + 1)
          if (Date.now() < endsAtMs) return reject(new Error(`closed before its end with ${code}`))
          closed += 1
          if (closed === opened) finish()
        },
      })
      clients.push(client)
    }
    for (let index = 0; index < concurrency; index++) start()
  })
}
