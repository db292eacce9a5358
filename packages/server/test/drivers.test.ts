import { seededRandom } from '@wsauth/protocol/testing'
import { afterEach, expect, it, vi } from 'vitest'
import { playSchedule } from './support/schedule/play.ts'

const runs = Number(process.env.SCHEDULE_RUNS ?? 1_500)
const firstSeed = Number(process.env.SCHEDULE_SEED ?? 1)
const ways = ['anonymous', 'cookie', 'firstMessage', 'header', 'query', 'subprotocol', 'ticket']
/** In schedules in which none of these happens every promise is kept. */
const wanted = [
  ...ways.map((way) => `admitted by ${way}`),
  'delivered',
  'refresh presented',
  'requireAuth',
  'revoke',
  'disconnect',
  'drain',
]

afterEach(() => {
  vi.restoreAllMocks()
})

it(`P1 P2 P3 hold in ${runs} random schedules of the server, all its features together`, {
  timeout: 60_000 + runs * 20,
}, async () => {
  const counts = new Map<string, number>()
  const count = (what: string): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    // Of the server itself only a drain leaves something to chance.
    vi.spyOn(Math, 'random').mockImplementation(seededRandom(seed))
    const { broken, story } = await playSchedule(seed, count)
    expect(broken, `SCHEDULE_SEED=${seed} SCHEDULE_RUNS=1\n${story.join('\n')}\n`).toEqual([])
  }
  if (runs < 100) return
  for (const what of wanted) expect(counts.get(what) ?? 0, what).toBeGreaterThan(runs / 50)
})
