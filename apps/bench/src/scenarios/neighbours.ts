import { digits, type FigureRow, times } from '../figures/figure.ts'
import { percentile } from '../figures/statistics.ts'
import { upgradeRequest } from '../load/dialects.ts'
import { clientFrame } from '../load/frames.ts'
import { handshakes } from '../load/handshakes.ts'
import { RawClient } from '../load/raw-client.ts'
import { type PeerName, peer } from '../peers.ts'
import { ServerProcess } from '../server-process.ts'
import { createIssuer } from '../tokens.ts'
import type { Scenario } from './scenario.ts'

const contestants: readonly PeerName[] = ['wsauth', 'recipe-jose']
const everyMs = 100
const hostileAtOnce = 8

type Hostility = 'none' | 'forged tokens' | 'forged tokens, spoofed X-Forwarded-For'

/** One hostile client among good ones behind the same address: what the good ones notice. */
export const neighboursScenario: Scenario = {
  name: 'neighbours',
  about: 'one hostile client among 500 good ones behind one address: p99 of their echoes',
  async run({ quick, say }) {
    const count = quick ? 50 : 500
    const durationMs = quick ? 500 : 4_000
    const rows: FigureRow[] = []
    for (const contestant of contestants) {
      say(`neighbours: ${count} good clients of ${peer(contestant).label}`)
      rows.push(...(await rowsOf(contestant, count, durationMs)))
    }
    return [
      {
        name: 'neighbours',
        title: `One hostile client among ${count} good ones behind one address`,
        columns: ['echo p99', 'to none', 'hostile attempts a second', 'good ones back in', 'limited by'],
        rows,
        notes: [
          'Each good client sends 64 B ten times a second. The hostile one dials with forged tokens as fast as it is answered,',
          `${hostileAtOnce} at a time. At the end every good client comes back with its token.`,
        ],
      },
    ]
  },
}

async function rowsOf(contestant: PeerName, count: number, durationMs: number): Promise<FigureRow[]> {
  const { job, tokens } = createIssuer('HS256')
  const server = await ServerProcess.start(contestant, job)
  try {
    const { dialect, label, ours = false } = peer(contestant)
    const scripts = tokens({ count }).map(dialect.script)
    const good = await Promise.all(scripts.map((script) => goodClient(server.port, script)))
    let calm = 0
    const rows: FigureRow[] = []
    const kinds: Hostility[] = ['none', 'forged tokens', 'forged tokens, spoofed X-Forwarded-For']
    for (const hostility of kinds) {
      const hostile = beHostile(server.port, contestant, hostility)
      const waits = await chat(good, durationMs)
      const attempts = await hostile.stop()
      const p99 = percentile(waits, 0.99)
      if (hostility === 'none') calm = p99
      const back = await handshakes(server, scripts).then(
        () => 'all',
        (error: unknown) => `no: ${error instanceof Error ? error.message : 'failed'}`,
      )
      const rate = digits((attempts * 1_000) / durationMs)
      const cells = [`${digits(p99)} ms`, times(p99 / calm), rate, back, 'timers: each sends at its own time']
      rows.push({ label: `${label}: ${hostility}`, ours, cells })
    }
    for (const { client } of good) client.destroy()
    return rows
  } finally {
    await server.stop()
  }
}

interface GoodClient {
  readonly client: RawClient
  sentAtMs: number
  readonly waits: number[]
}

function goodClient(
  port: number,
  script: ReturnType<ReturnType<typeof peer>['dialect']['script']>,
): Promise<GoodClient> {
  return new Promise((resolve, reject) => {
    const waits: number[] = []
    const state = { sentAtMs: 0, waits }
    new RawClient({ port }, script, {
      opened: (client) => resolve(Object.assign(state, { client })),
      frame: () => waits.push(performance.now() - state.sentAtMs),
      closed: () => reject(new Error('a good client was refused')),
    })
  })
}

/** Every client sends in its own slot of the interval, so that they do not queue behind each other. */
async function chat(good: readonly GoodClient[], durationMs: number): Promise<number[]> {
  const message = clientFrame('x'.repeat(64))
  const slots = everyMs / 2
  for (const one of good) one.waits.length = 0
  let slot = 0
  const timer = setInterval(() => {
    for (let index = slot % slots; index < good.length; index += slots) {
      const one = good[index]
      if (!one) continue
      one.sentAtMs = performance.now()
      one.client.send(message)
    }
    slot += 1
  }, 2)
  await new Promise((resolve) => setTimeout(resolve, durationMs))
  clearInterval(timer)
  return good.flatMap(({ waits }) => waits)
}

/** Forged tokens of made-up users, each another one. */
function beHostile(port: number, contestant: PeerName, hostility: Hostility): { stop(): Promise<number> } {
  let attempts = 0
  let isOver = hostility === 'none'
  const forged = createIssuer('HS256').tokens({ count: isOver ? 0 : 256, users: 'nobody' })
  const pool = forged.map(peer(contestant).dialect.script)
  const attempt = (): Promise<void> =>
    new Promise((resolve) => {
      const script = pool[attempts % pool.length]
      if (!script) return resolve()
      const spoofed = [`X-Forwarded-For: 203.0.113.${attempts % 250}`]
      const request = hostility.includes('spoofed') ? upgradeRequest({ headers: spoofed }) : script.request
      attempts += 1
      new RawClient({ port }, { ...script, request }, { closed: () => resolve() })
    })
  const work = Array.from({ length: hostileAtOnce }, async () => {
    while (!isOver) await attempt()
  })
  return {
    async stop() {
      isOver = true
      await Promise.all(work)
      return attempts
    },
  }
}
