import { digits, type Figure, times } from '../figures/figure.ts'
import { median, medianRatio } from '../figures/statistics.ts'
import type { Algorithm } from '../job.ts'
import { handshakes } from '../load/handshakes.ts'
import { type PeerName, peer } from '../peers.ts'
import { interleaved, limitOf, measured, type Sample } from '../rounds.ts'
import { ServerProcess } from '../server-process.ts'
import { createIssuer } from '../tokens.ts'
import type { Scenario, Setting } from './scenario.ts'

interface Course {
  readonly name: string
  readonly title: string
  readonly algorithm: Algorithm
  /** Whether every token is new to the server, or all of them have been seen by it. */
  readonly tokens: 'new' | 'known'
  readonly contestants: readonly PeerName[]
  readonly bases: readonly PeerName[]
}

const anyone: readonly PeerName[] = ['bare', 'bare-first-message', 'wsauth', 'wsauth-header', 'recipe-jose']
const withJsonwebtoken: readonly PeerName[] = [...anyone, 'recipe-jsonwebtoken', 'fastify']

const courses: readonly Course[] = [
  {
    name: 'handshakes-hs256',
    title: 'Server CPU per authenticated handshake, HS256, every token new',
    algorithm: 'HS256',
    tokens: 'new',
    contestants: [
      ...withJsonwebtoken,
      'wsauth-v1',
      'graphql-ws',
      'socket-io',
      'hocuspocus',
      'recipe-as-typed',
    ],
    bases: ['bare', 'recipe-jose', 'fastify'],
  },
  {
    name: 'handshakes-known',
    title: 'Server CPU per authenticated handshake, HS256, tokens that were seen before',
    algorithm: 'HS256',
    tokens: 'known',
    contestants: [...anyone, 'fastify'],
    bases: ['bare', 'bare-first-message', 'recipe-jose'],
  },
  {
    name: 'handshakes-es256',
    title: 'Server CPU per authenticated handshake, ES256, every token new',
    algorithm: 'ES256',
    tokens: 'new',
    contestants: withJsonwebtoken,
    bases: ['bare', 'recipe-jose', 'fastify'],
  },
  {
    name: 'handshakes-eddsa',
    title: 'Server CPU per authenticated handshake, EdDSA, every token new',
    algorithm: 'EdDSA',
    tokens: 'new',
    contestants: [...anyone, 'fastify'],
    bases: ['bare', 'recipe-jose', 'fastify'],
  },
]

/** Connect, upgrade, authenticate, close: how many a second, and what one costs the server. */
export const handshakeScenario: Scenario = {
  name: 'handshakes',
  about: 'authenticated handshakes a second, server CPU each: HS256, ES256, EdDSA; new tokens and known ones',
  async run(setting) {
    const figures: Figure[] = []
    for (const course of courses) figures.push(await run(course, setting))
    return figures
  },
}

async function run(course: Course, { quick, say }: Setting): Promise<Figure> {
  const { algorithm, contestants, bases, name, title } = course
  const count = quick ? 200 : 2_000
  const rounds = quick ? 2 : 5
  const issuer = createIssuer(algorithm)
  // So many sets to warm up; then one set per round, or the first set again where tokens are to be known.
  const warmUps = quick ? 1 : 4
  const sets = Array.from({ length: course.tokens === 'new' ? rounds + warmUps : 1 }, () =>
    issuer.tokens({ count }),
  )
  const servers = new Map<PeerName, ServerProcess>()
  try {
    for (const contestant of contestants) {
      servers.set(contestant, await ServerProcess.start(contestant, issuer.job))
    }
    const visit = (contestant: PeerName, set: number): Promise<Sample> => {
      const server = servers.get(contestant)
      if (!server) throw new Error(`${contestant} does not run`)
      const tokens = sets[Math.min(set, sets.length - 1)] ?? []
      const scripts = tokens.map((token) => peer(contestant).dialect.script(token))
      return measured(server, () => handshakes(server, scripts))
    }
    for (let set = 0; set < warmUps; set++) for (const contestant of contestants) await visit(contestant, set)
    say(`${name}: ${rounds} rounds of ${count} over ${contestants.length} servers`)
    const samples = await interleaved(contestants, rounds, (contestant, round) =>
      visit(contestant, round + warmUps),
    )
    const cpuUs = (contestant: PeerName): number[] =>
      (samples.get(contestant) ?? []).map(({ serverCpuMs }) => (serverCpuMs * 1_000) / count)
    const rows = contestants.map((contestant) => {
      const own = samples.get(contestant) ?? []
      const cost = median(cpuUs(contestant))
      const rate = median(own.map(({ wallMs }) => (count * 1_000) / wallMs))
      const ratios = bases.map((base) => times(medianRatio(cpuUs(contestant), cpuUs(base))))
      const { label, ours = false } = peer(contestant)
      return { label, ours, bar: cost, cells: [digits(cost), digits(rate), ...ratios, limitOf(own)] }
    })
    return {
      name,
      title,
      columns: ['µs CPU each', 'a second', ...bases.map((base) => `to ${peer(base).label}`), 'limited by'],
      rows: rows.toSorted((a, b) => a.bar - b.bar),
      bars: { unit: 'µs of server CPU', better: 'less' },
      notes: [
        `Connect, upgrade, authenticate, close; medians of ${rounds} interleaved rounds of ${count}, after ${warmUps} to warm up.`,
      ],
    }
  } finally {
    for (const server of servers.values()) await server.stop()
  }
}
