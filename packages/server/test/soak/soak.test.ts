import { expect, it } from 'vitest'
import { type Attack, frameOf, requestOf } from '../fuzz/attack.ts'
import { play } from '../fuzz/play.ts'
import type { Report } from '../fuzz/report.ts'
import { TargetProcess } from '../fuzz/target-process.ts'

const runs = Number(process.env.SOAK_RUNS ?? 5_000)
/** What caches and the compiler fill once, whatever number of connections comes. */
const warmUp = 3_000
const mostGrowth = 5 * 1024 * 1024

const auth = (token: string): Buffer => frameOf(`{"type":"auth","token":"${token}","v":1}`)

function good(number: number): Attack {
  const writes = [requestOf(), auth(`good:${number}`), frameOf('hello')]
  return { user: String(number), mayDeliver: ['hello'], writes, hangsUp: false }
}

/** Refused by every way in, dropped in the middle, and broken. */
function failed(number: number): Attack {
  switch (number % 5) {
    case 0:
      return { writes: [requestOf(), auth('bad')], hangsUp: false }
    case 1:
      return { writes: [requestOf('/?token=bad', ['Sec-WebSocket-Protocol: wsauth.v1'])], hangsUp: false }
    case 2:
      return { writes: [requestOf('/', ['Authorization: Bearer bad'])], hangsUp: false }
    case 3:
      return { writes: [requestOf(), frameOf('x', { rsv: 7 })], hangsUp: false }
    default:
      return { writes: [requestOf(), frameOf('x', { fin: false })], hangsUp: true }
  }
}

it(`SECURITY, suites owed: ${runs} good and ${runs} failed connections leave heap, timers and maps as they were`, {
  timeout: 120_000 + runs * 4,
}, async () => {
  const target = await TargetProcess.start()
  try {
    await through(target, warmUp)
    const before = await settled(target)
    await through(target, runs)
    const after = await settled(target)
    const grown = after.heap - before.heap
    console.log(
      `${runs} good and ${runs} failed connections: heap ${kib(before.heap)} → ${kib(after.heap)} KiB, ` +
        `timers ${before.timers} → ${after.timers}, left ${after.stats}, resident ${kib(after.rss)} KiB`,
    )
    expect(after.left).toBe(0)
    expect(after.broken).toEqual([])
    expect(after.timers).toBeLessThanOrEqual(before.timers)
    expect(grown).toBeLessThan(mostGrowth)
  } finally {
    await target.stop()
  }
})

async function through(target: TargetProcess, count: number): Promise<void> {
  for (let done = 0; done < count; done += 2_500) {
    const numbers = Array.from({ length: Math.min(2_500, count - done) }, (_, index) => done + index)
    await play(target.port, [...numbers.map(good), ...numbers.map(failed)])
    // Takes what it wrote down, so that it is not counted as held.
    const { admitted } = await target.report()
    expect(admitted.length).toBeGreaterThan(numbers.length / 2)
  }
}

/** A report once the last connection is gone on the server's side too. */
async function settled(target: TargetProcess): Promise<Report> {
  await expect.poll(async () => (await target.report()).left, { timeout: 10_000 }).toBe(0)
  return target.report('collect')
}

function kib(bytes: number): number {
  return Math.round(bytes / 1024)
}
