import { expect, it } from 'vitest'
import { playSchedule } from './support/schedule/play.ts'

const runs = Number(process.env.SCHEDULE_RUNS ?? 1_500)
const firstSeed = Number(process.env.SCHEDULE_SEED ?? 1)

it(`P1 P2 P3 hold in ${runs} random schedules of the server, all its features together`, {
  timeout: 60_000 + runs * 20,
}, async () => {
  const counts = new Map<string, number>()
  const count = (what: string): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const { broken, story } = await playSchedule(seed, count)
    expect(broken, `SCHEDULE_SEED=${seed} SCHEDULE_RUNS=1\n${story.join('\n')}\n`).toEqual([])
  }
  const seen = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  console.log(`${runs} schedules\n${seen.map(([what, times]) => `  ${what}: ${times}`).join('\n')}`)
})
