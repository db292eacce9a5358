import { seededRandom } from '@wsauth/protocol/testing'
import { vi } from 'vitest'
import { ClassLife } from './class-life.ts'
import { ClientLife } from './client-life.ts'
import { Page } from './page.ts'
import { ListenersMistake, World } from './world.ts'

/** What came of one life. */
export interface Life {
  readonly broken: readonly string[]
  readonly story: readonly string[]
}

let world = new World(0)
let page = new Page()

/** Puts the platform of the life that is played in the place of the real one. */
export function stubPlatform(): void {
  vi.stubGlobal('performance', { now: () => world.nowMs })
  vi.stubGlobal('Date', { ...Date, now: () => world.clock.wallNow() })
  vi.stubGlobal('Math', Object.create(Math, { random: { value: () => world.random() } }))
  vi.stubGlobal('setTimeout', (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const { clock } = world
    const blame = world.blame.bind(world)
    return clock.schedule(ms || 0, () => {
      try {
        callback(...args)
      } catch (error) {
        if (!(error instanceof ListenersMistake)) blame(`a timer throws ${error}`)
      }
    })
  })
  vi.stubGlobal('clearTimeout', (cancel?: () => void) => cancel?.())
}

/** The acts of the life that a seed stands for: each a seed of its own, so that one can be left out and the others stay. */
function actsOf(seed: number): readonly number[] {
  const random = seededRandom(seed ^ 0x5eed)
  return Array.from({ length: 4 + Math.floor(random() * 20) }, () => Math.floor(random() * 2 ** 32))
}

/** Plays the drivers that ship through one life: that of an AuthClient, or of some sockets of a class. */
export async function playLife(
  kind: 'client' | 'class',
  seed: number,
  acts: readonly number[] = actsOf(seed),
): Promise<Life> {
  world = new World(seed)
  page = new Page()
  vi.stubGlobal('window', page)
  vi.stubGlobal('document', page)
  const { clock, story, broken } = world
  const life = kind === 'client' ? new ClientLife(world) : new ClassLife(world)
  for (const act of acts) {
    world.random = seededRandom(act)
    await happen(life)
    life.look()
    if (broken.length > 0) return { broken, story }
  }
  world.calmDown()
  life.end()
  // The closing handshake has 2 s, and nothing else goes on.
  await clock.advanceAsync(3_000)
  if (clock.pending > world.own) world.blame('a timer is left')
  await clock.advanceAsync(30_000)
  life.look()
  life.finish()
  if (page.listeners.size > 0) world.blame('a listener on the page is left')
  return { broken, story }
}

async function happen(life: ClientLife | ClassLife): Promise<void> {
  const { clock } = world
  const what = world.pick(['app', 'app', 'peer', 'peer', 'peer', 'time', 'time', 'time', 'time', 'page'])
  if (what === 'app') life.act()
  if (what === 'peer') life.peerActs()
  if (what === 'page') {
    const mood = world.pick(['sleep', 'sleep', 'hide', 'wake'])
    world.tell(`the page: ${mood}`)
    if (mood === 'sleep') {
      world.slept = true
      clock.sleep(world.pick([500, 7_000, 100_000]))
      if (world.chance(0.5)) life.act()
      if (world.chance(0.5)) page.wake()
    } else {
      page.visibilityState = mood === 'hide' ? 'hidden' : 'visible'
      page.wake()
    }
  }
  await clock.advanceAsync(what === 'time' ? world.pick([1, 60, 1_100, 1_100, 3_000, 12_000, 40_000]) : 0)
}

/** The same without each act that it breaks without. */
export async function shortest(kind: 'client' | 'class', seed: number): Promise<Life> {
  let acts = actsOf(seed)
  let life = await playLife(kind, seed, acts)
  const [wanted] = life.broken
  for (let at = acts.length - 1; at >= 0; at--) {
    const fewer = acts.filter((_, index) => index !== at)
    const again = await playLife(kind, seed, fewer)
    if (again.broken[0] !== wanted) continue
    acts = fewer
    life = again
  }
  return life
}
