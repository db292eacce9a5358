import { between, pick } from '../random.ts'
import type { Wire } from './network.ts'
import { writings } from './texts.ts'
import type { World } from './world.ts'

/** One of these, with a token of somebody. */
export function writing({ clock, identity, random, scenario }: World): string {
  const token = identity.issue(pick(random, ['ada', 'eve']), clock.now(), scenario.tokenLifeMs)
  return pick(random, writings).replace('TOKEN', token.text)
}

/** A peer that is no client of ours: it connects and writes what it likes, or nothing at all. */
export function playStranger(world: World, wire: Wire): void {
  const { clock, random, scenario } = world
  const token = random() < 0.3 ? 'forged' : undefined
  wire.send('server', { type: 'upgrade', version: random() < 0.3 ? 1 : 0, token, ambient: random() < 0.5 })
  const rambles = random() < 0.3
  const count = pick(random, [0, 1, 3, 10, 30])
  for (let i = 0; i < count; i++) {
    clock.schedule(between(random, 0, Math.min(8_000, scenario.horizonMs)), () => {
      const text = random() < 0.1 ? undefined : rambles ? 'hello' : writing(world)
      wire.send('server', { type: 'message', text })
    })
  }
}
