import { digits, type Figure, times } from '../figures/figure.ts'
import { median, medianRatio } from '../figures/statistics.ts'
import { handshakes } from '../load/handshakes.ts'
import { Mint } from '../load/mint.ts'
import { type PeerName, peer } from '../peers.ts'
import { startRedis } from '../redis.ts'
import { interleaved, limitOf, measured, type Sample } from '../rounds.ts'
import { ServerProcess } from '../server-process.ts'
import { createIssuer } from '../tokens.ts'
import type { Scenario, Setting } from './scenario.ts'

const inMemory: readonly PeerName[] = ['tickets-by-hand', 'tickets-by-hand-web', 'tickets-wsauth']
const inRedis: readonly PeerName[] = ['tickets-by-hand-redis', 'tickets-wsauth-redis']
const mints = 24

/** A ticket over HTTP, then the upgrade with it. */
export const ticketScenario: Scenario = {
  name: 'tickets',
  about: 'tickets minted over HTTP and redeemed by the upgrade, in memory and in Redis',
  async run(setting) {
    const memory = await run(
      'tickets',
      'in memory',
      inMemory,
      ['tickets-by-hand', 'tickets-by-hand-web'],
      setting,
    )
    const redis = await startRedis()
    if (!redis) {
      setting.say('tickets: no redis-server here, so none in Redis')
      return [memory]
    }
    try {
      return [
        memory,
        await run('tickets-redis', 'in Redis', inRedis, ['tickets-by-hand-redis'], setting, redis.port),
      ]
    } finally {
      await redis.stop()
    }
  },
}

async function run(
  name: string,
  where: string,
  contestants: readonly PeerName[],
  bases: readonly PeerName[],
  { quick, say }: Setting,
  redisPort?: number,
): Promise<Figure> {
  const count = quick ? 200 : 2_000
  const rounds = quick ? 2 : 5
  const { job, tokens } = createIssuer('HS256')
  const requests = tokens({ count }).map(Mint.request)
  const servers = new Map<PeerName, ServerProcess>()
  try {
    for (const contestant of contestants) {
      servers.set(contestant, await ServerProcess.start(contestant, redisPort ? { ...job, redisPort } : job))
    }
    const visit = async (contestant: PeerName): Promise<Sample> => {
      const server = servers.get(contestant)
      if (!server) throw new Error(`${contestant} does not run`)
      return measured(server, () => mintAndRedeem(server, contestant, requests))
    }
    for (const contestant of contestants) await visit(contestant)
    say(`tickets ${where}: ${rounds} rounds of ${count} over ${contestants.length} servers`)
    const samples = await interleaved(contestants, rounds, visit)
    const rates = (contestant: PeerName): number[] =>
      (samples.get(contestant) ?? []).map(({ wallMs }) => (count * 1_000) / wallMs)
    const cpu = (contestant: PeerName): number[] =>
      (samples.get(contestant) ?? []).map(({ serverCpuMs }) => (serverCpuMs * 1_000) / count)
    const rows = contestants.map((contestant) => {
      const { label, ours = false } = peer(contestant)
      const cost = median(cpu(contestant))
      const ratios = bases.map((base) => times(medianRatio(rates(contestant), rates(base))))
      const limit = limitOf(samples.get(contestant) ?? [])
      return {
        label,
        ours,
        bar: cost,
        cells: [digits(cost), digits(median(rates(contestant))), ...ratios, limit],
      }
    })
    return {
      name,
      title: `Server CPU per ticket ${where}, minted over HTTP and redeemed by an upgrade`,
      columns: [
        'µs CPU each',
        'a second',
        ...bases.map((base) => `rate to ${peer(base).label}`),
        'limited by',
      ],
      rows,
      bars: { unit: 'µs of server CPU', better: 'less' },
      notes: [
        'A POST with a bearer token on a keep-alive connection, then connect, upgrade with the ticket, close.',
        `Medians of ${rounds} interleaved rounds of ${count}.`,
      ],
    }
  } finally {
    for (const server of servers.values()) await server.stop()
  }
}

async function mintAndRedeem(
  server: ServerProcess,
  contestant: PeerName,
  requests: readonly Buffer[],
): Promise<void> {
  const left = requests.values()
  const work = Array.from({ length: mints }, async () => {
    const mint = new Mint(server)
    for (const request of left) {
      const script = peer(contestant).dialect.script(await mint.ticket(request))
      await handshakes(server, [script])
    }
    mint.close()
  })
  await Promise.all(work)
}
