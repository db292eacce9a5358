import type { ServerProcess } from './server-process.ts'

/** One measurement of one server. */
export interface Sample {
  readonly wallMs: number
  readonly serverCpuMs: number
  readonly loadCpuMs: number
}

/** What the server and this process spent while `work` ran. */
export async function measured<T>(
  server: ServerProcess,
  work: () => Promise<T>,
): Promise<Sample & { result: T }> {
  const before = await server.usage()
  const own = process.cpuUsage()
  const started = performance.now()
  const result = await work()
  const wallMs = performance.now() - started
  const { user, system } = process.cpuUsage(own)
  const after = await server.usage()
  return {
    result,
    wallMs,
    serverCpuMs: (after.cpuUs - before.cpuUs) / 1_000,
    loadCpuMs: (user + system) / 1_000,
  }
}

const saturated = 0.9

/** What kept the rate from being higher. */
export function limitOf(samples: readonly Sample[]): string {
  const wall = sum(samples.map(({ wallMs }) => wallMs))
  const server = sum(samples.map(({ serverCpuMs }) => serverCpuMs)) / wall
  const load = sum(samples.map(({ loadCpuMs }) => loadCpuMs)) / wall
  const shares = `server ${percent(server)}, load ${percent(load)}`
  if (server >= saturated) return `server CPU (${shares})`
  if (load >= saturated) return `load generator (${shares})`
  return `waiting (${shares})`
}

/**
 * A B A B: every round visits all contestants, every second one backwards, so that neither drift nor the neighbour
 * before favours anybody. Results are by contestant, in the order of rounds.
 */
export async function interleaved<T, R>(
  contestants: readonly T[],
  rounds: number,
  visit: (contestant: T, round: number) => Promise<R>,
): Promise<Map<T, R[]>> {
  const results = new Map<T, R[]>(contestants.map((contestant) => [contestant, []]))
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? contestants : contestants.toReversed()
    for (const contestant of order) results.get(contestant)?.push(await visit(contestant, round))
  }
  return results
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
