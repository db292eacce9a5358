import { between, pick, seededRandom } from '@wsauth/protocol/testing'
import { applicationActs, listens } from './application-acts.ts'
import { connect } from './connect.ts'
import { close, operatorActs } from './operator-acts.ts'
import type { Peer } from './peer.ts'
import { peerActs } from './peer-acts.ts'
import { drawScene, type Scene } from './scene.ts'
import { advance, pass, settle } from './time.ts'

/** What came of one schedule. */
export interface Played {
  /** Each broken promise, in words; none is what is hoped for. */
  readonly broken: readonly string[]
  /** What was done, step by step. */
  readonly story: readonly string[]
}

/**
 * Plays the server's drivers over a random schedule: one server with features at random, in front of clients in memory, and
 * what happens to it. The same seed plays it again, where `Math.random` is held still, too.
 */
export async function playSchedule(seed: number, count: (what: string) => void = () => {}): Promise<Played> {
  const random = seededRandom(seed)
  const scene = drawScene(random, count)
  listens(scene)
  const { story, watch } = scene
  const steps = between(random, 10, 40)
  for (let step = 0; step < steps && watch.broken.length === 0; step++) {
    await act(scene)
    await settle(scene)
    watch.look()
  }
  if (watch.broken.length === 0) await end(scene)
  return { broken: watch.broken, story }
}

async function act(scene: Scene): Promise<void> {
  const { random, watch } = scene
  const { peers } = watch
  const peer = peers.length > 0 ? pick(random, [...peers] as [Peer, ...Peer[]]) : undefined
  const dice = random()
  if (!peer || (dice < 0.15 && peers.length < 8)) await connect(scene)
  else if (dice < 0.4) await pass(scene)
  else if (dice < 0.8) peerActs(scene, peer)
  else if (dice < 0.9) applicationActs(scene, peer)
  else operatorActs(scene, peer)
}

/** Everybody leaves, all comes to its end, and nothing is left. */
async function end(scene: Scene): Promise<void> {
  const { clock, random, waiting, watch, wss } = scene
  close(scene)
  waiting.push(wss.drain({ overMs: 0 }))
  for (const peer of watch.peers) {
    if (random() < 0.5) peer.hangUp()
    if (random() < 0.3) peer.reset()
  }
  for (let round = 0; round < 3; round++) {
    await settle(scene)
    await advance(scene, 3_000)
  }
  await advance(scene, 20_000)
  await settle(scene)
  const { broken } = watch
  for (const peer of watch.peers) if (!peer.wire.destroyed) watch.blame('no leak', peer, 'is still there')
  watch.look()
  const { pending, live, verifying } = wss.stats()
  const left = { pending, live, verifying, clients: wss.clients.size, timers: clock.pending }
  for (const [what, count] of Object.entries(left)) if (count > 0) broken.push(`no leak: ${count} ${what}`)
  const all = Promise.all(waiting).then(() => true)
  const isAll = await Promise.race([all, settle(scene).then(() => false)])
  if (!isAll) broken.push('a drain, a close, a revoke or a requireAuth never came to its end')
}
