import { type Machines, shipping } from './duel/machines.ts'
import { actsAt } from './walk/acts.ts'
import { type Draft, endOf, type Ground, isLive, type Place, start, type Walk } from './walk/place.ts'

export type { Extra, Ground } from './walk/place.ts'

/** What a walk has seen. */
export interface Walked {
  /** Different places, of all depths. */
  readonly places: number
  /** Different steps from one place to another. */
  readonly steps: number
  /** Different orders of events, of the full depth or ended before. */
  readonly interleavings: bigint
  /** Transitions of the machines that were taken, each with how often. */
  readonly transitions: ReadonlyMap<string, number>
  /** Each broken promise with the acts that lead to it. */
  readonly broken: ReadonlyMap<string, string>
  /** True where every way ended before the depth did: then there is nothing else. */
  readonly isComplete: boolean
}

interface Found {
  readonly place: Place
  /** In how many orders of events it is reached. */
  ways: bigint
  /** One of them. */
  readonly way: string
}

/**
 * Walks through every order in which `depth` events can happen between the client and the server machine: what arrives
 * when, who answers when, which timer is late, and what goes wrong in between. Places that are the same are walked from
 * once, whatever way led there.
 *
 * Checks the promises at each step. Two places count as the same by a hash of 53 bits.
 */
export function walk(ground: Ground, machines: Machines = shipping): Walked {
  const transitions = new Map<string, number>()
  const broken = new Map<string, string>()
  const seen = new Set<number>()
  let way = ''
  const world: Walk = {
    ground,
    machines,
    blame: (what) => {
      if (!broken.has(what)) broken.set(what, way)
    },
    cover: (transition) => {
      transitions.set(transition, (transitions.get(transition) ?? 0) + 1)
    },
  }
  const first = ground.prefix.reduce((place, name) => playNamed(world, place, name), start)
  let layer = new Map<number, Found>([
    [hash(first), { place: first, ways: 1n, way: ground.prefix.join(' · ') }],
  ])
  let steps = 0
  let interleavings = 0n
  for (let level = 0; level < ground.depth && layer.size > 0; level++) {
    const next = new Map<number, Found>()
    for (const [key, found] of layer) {
      seen.add(key)
      let moves = 0
      for (const act of actsAt(world, found.place)) {
        way = `${found.way} · ${act.name}`
        const draft: Draft = { ...found.place }
        act.play(draft)
        check(world, draft)
        const after = hash(draft)
        // An event that changes nothing leads nowhere new.
        if (after === key) continue
        moves++
        const known = next.get(after)
        if (known) known.ways += found.ways
        else next.set(after, { place: draft, ways: found.ways, way })
      }
      steps += moves
      if (moves === 0) interleavings += found.ways
    }
    layer = next
  }
  for (const [key, { ways }] of layer) {
    seen.add(key)
    interleavings += ways
  }
  return { places: seen.size, steps, interleavings, transitions, broken, isComplete: layer.size === 0 }
}

/** One act of the prefix; a name that is not possible there is a mistake in the ground. */
function playNamed(world: Walk, place: Place, name: string): Place {
  const act = actsAt(world, place).find((possible) => possible.name === name)
  if (!act) throw new Error(`${name} cannot happen there`)
  const draft: Draft = { ...place }
  act.play(draft)
  return draft
}

/** What has to hold at every place, whoever moved last. Time stands while a timer is due, so nothing may be past its end. */
function check({ ground, blame }: Walk, place: Place): void {
  const { server, nowMs } = place
  if (!server || server.name === 'closed') return
  if (!isLive(server)) {
    if (nowMs > place.openedAtMs + ground.server.deadlineMs) blame('P2 open past the deadline')
    return
  }
  if (nowMs > endOf(place)) blame('P3 open past its credential, a revocation or a demand')
  if (nowMs > place.drainEndsAtMs) blame('5.6 open past a drain')
}

/** 53 bits of a place (cyrb53), so that a million of them fit into memory. */
function hash(place: Place): number {
  const text = JSON.stringify(place)
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0x9e3779b1)
    b = Math.imul(b ^ code, 0x5f356495)
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35)
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return 4_294_967_296 * (b & 0x1fffff) + (a >>> 0)
}
