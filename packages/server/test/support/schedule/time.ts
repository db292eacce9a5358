import { between, pick } from '@wsauth/protocol/testing'
import { says } from './peer-acts.ts'
import { never, type Scene } from './scene.ts'

/** What was begun in this turn comes to its end. */
export async function settle({ watch }: Scene): Promise<void> {
  for (let turn = 0; turn < (watch.isShut ? 4 : 2); turn++)
    await new Promise((resolve) => setImmediate(resolve))
}

/** What each timer sets off comes to its end before the next one runs. */
export async function advance(scene: Scene, ms: number): Promise<void> {
  const { clock } = scene
  const untilMs = clock.now() + ms
  while (clock.nextAtMs <= untilMs) {
    clock.advance(Math.max(0, clock.nextAtMs - clock.now()))
    await settle(scene)
  }
  clock.advance(untilMs - clock.now())
}

/** Time goes by, often to the next timer or just short of it, or the machine sleeps that long. */
export async function pass(scene: Scene): Promise<void> {
  const { clock, random, tell, watch } = scene
  const { nextAtMs } = clock
  const untilNext = nextAtMs === never ? 1 : nextAtMs - clock.now()
  const ms = Math.min(
    70_000,
    pick(random, [untilNext, untilNext, Math.max(0, untilNext - 1), 1, between(random, 1, 3_000)]),
  )
  if (random() < 0.15) {
    tell(`the machine sleeps ${ms}`)
    clock.sleep(ms)
    watch.isAsleep = true
    for (const peer of watch.peers) if (random() < 0.5 && !peer.isGone) says(scene, peer)
    await settle(scene)
    // What is overdue runs at the next tick of a timer.
    watch.isAsleep = false
    watch.wokeAtMs = clock.now() + 1
    clock.advance(1)
  } else {
    tell(`${ms} pass`)
    await advance(scene, ms)
  }
}
