// pnpm --filter @wsauth/cluster capacity: measures this machine, simulates the storm, and writes storm.svg.

import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { requireProgram } from '../../../../packages/config/src/programs.ts'
import { nodeCosts } from './node-costs.ts'
import { arrivalsPlot } from './plot.ts'
import { redisCosts } from './redis-costs.ts'
import { type Course, everySecond, productsWay, type Storm, secondOf, seeded, storm } from './storm.ts'

const redis = requireProgram('redis-server')
if (redis === undefined) process.exit(1)
console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'a CPU'}`)

for (const { what, cpuUs, bytes } of await redisCosts(redis, 20_000)) {
  console.log(`| ${what} | ${cpuUs.toFixed(0)} µs | ${bytes === undefined ? '' : `${bytes.toFixed(0)} B`} |`)
}
const { connections, handshakeUs, bytes } = await nodeCosts(redis, 3_000)
console.log(
  `one node, ${connections} connections: ${handshakeUs.toFixed(0)} µs each, ${(bytes / 1024).toFixed(1)} KiB each`,
)

const clients = 1_000_000
const perSecond = 20_000
const base = { clients, perSecond, refusalCost: 0.1, seconds: 900 }
const queue = (refused: number): number => Math.min(60_000, 1_000 + (refused / perSecond) * 1_250)
const storms: readonly (readonly [string, Omit<Storm, 'random'>])[] = [
  ['again every second', { ...base, waiting: everySecond, retryAfterMs: () => 0 }],
  ['wsauth', { ...base, waiting: productsWay, retryAfterMs: () => 0 }],
  ['wsauth, told a retryAfterMs by the queue', { ...base, waiting: productsWay, retryAfterMs: queue }],
]
const lines = storms.map(([name, of]) => ({ name, course: storm({ ...of, random: seeded(42) }) }))
for (const { name, course } of lines) console.log(row(name, course))
writeFileSync(new URL('../../storm.svg', import.meta.url), arrivalsPlot(lines, perSecond, 120))

function row(name: string, course: Course): string {
  const { arrivals } = course
  const total = arrivals.reduce((a, b) => a + b, 0)
  const [half, most, all] = [0.5, 0.99, 1].map((part) => secondOf(course, clients * part) ?? 'never')
  const later = Math.max(...arrivals.slice(5))
  return `| ${name} | ${half} | ${most} | ${all} | ${Math.max(...arrivals)} | ${later} | ${(total / clients).toFixed(1)} |`
}
