import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { playLife, shortest, stubPlatform } from './support/life/play-life.ts'

const runs = Number(process.env.LIFE_RUNS ?? 3_000)
const rejected: unknown[] = []
const note = (reason: unknown) => rejected.push(reason)

beforeAll(() => {
  process.on('unhandledRejection', note)
  stubPlatform()
})
afterAll(() => {
  process.off('unhandledRejection', note)
  vi.unstubAllGlobals()
})

it.each([
  [
    'client',
    ['told open', 'told refresh', 'told message', 'told dropped', 'carries message', 'told auth_fail'],
  ],
  ['class', ['tells open', 'tells message', 'tells error', 'tells close', 'carries message', 'refused']],
] as const)(
  `P1 P6 P7 hold in ${runs} random lives of the %s that ships`,
  { timeout: 60_000 + runs * 10 },
  async (kind, wanted) => {
    const found = new Map<string, number[]>()
    const seen = new Map<string, number>()
    for (let seed = 1; seed <= runs; seed++) {
      const { broken, story } = await playLife(kind, seed)
      for (const what of broken) found.set(what, [...(found.get(what) ?? []), seed])
      for (const what of wanted) {
        if (story.some((line) => line.includes(what))) seen.set(what, (seen.get(what) ?? 0) + 1)
      }
      // Node tells of rejections that nobody handles between two of its turns.
      if (seed % 500 === 0) await new Promise(setImmediate)
    }
    let stories = ''
    for (const [what, [seed = 0, ...more]] of found) {
      const { story } = await shortest(kind, seed)
      stories += `${what}: ${1 + more.length} of ${runs}, as in seed ${seed}\n  ${story.join('\n  ')}\n`
    }
    expect(stories).toBe('')
    expect(rejected).toEqual([])
    // A life in which nothing happens keeps every promise: these have to have happened.
    for (const what of wanted) expect(seen.get(what) ?? 0, what).toBeGreaterThan(runs / 50)
  },
)
