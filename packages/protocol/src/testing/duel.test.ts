import { expect, it } from 'vitest'
import { playDuel } from './duel.ts'
import { seededRandom } from './random.ts'

const runs = Number(process.env.DUEL_RUNS ?? 50_000)

it(`P1 P2 P3 P6 P7 hold in ${runs} random schedules of both machines`, { timeout: 60_000 + runs * 5 }, () => {
  const counts = new Map<string, number>()
  const count = (what: string): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  const broken: unknown[] = []
  for (let seed = 1; seed <= runs; seed++) {
    const duel = playDuel(seed, undefined, count)
    if (duel.broken.length > 0) broken.push({ seed, broken: duel.broken })
  }
  const seen = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  console.log(`${runs} duels\n${seen.map(([what, times]) => `  ${what}: ${times}`).join('\n')}`)
  expect(broken).toEqual([])
  // A duel in which nothing happens keeps every promise: these have to have happened.
  const enough = ['admitted', 'refreshed', 'looked at again', 'delivered to server', 'delivered to client']
  for (const what of enough) expect(counts.get(what) ?? 0, what).toBeGreaterThan(runs / 20)
})

it('plays the same duel from the same seed', () => {
  const replay = (seed: number): string[] => {
    const happened: string[] = []
    playDuel(seed, undefined, (what) => happened.push(what))
    return happened
  }
  for (let seed = 1; seed <= 50; seed++) expect(replay(seed)).toEqual(replay(seed))
})

it('draws the same chance from the same seed, spread over the whole span', () => {
  const [one, two] = [seededRandom(7), seededRandom(7)]
  const drawn = Array.from({ length: 10_000 }, one)
  expect(drawn).toEqual(Array.from({ length: 10_000 }, two))
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...drawn)).toBeLessThan(1)
  expect(drawn.filter((number) => number < 0.5).length).toBeGreaterThan(4_800)
  expect(drawn.filter((number) => number < 0.5).length).toBeLessThan(5_200)
})
