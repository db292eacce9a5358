import { ClientActor } from './duel/client-actor.ts'
import { Identity } from './duel/identity.ts'
import { type Machines, shipping } from './duel/machines.ts'
import { Wire } from './duel/network.ts'
import { Provider } from './duel/provider.ts'
import { drawScenario, type Happening, type Scenario } from './duel/scenario.ts'
import { ServerActor } from './duel/server-actor.ts'
import { playStranger, writing } from './duel/stranger.ts'
import type { World } from './duel/world.ts'
import { FakeClock } from './fake-clock.ts'
import { between, seededRandom } from './random.ts'

/** What came of one duel. */
export interface Duel {
  readonly seed: number
  readonly scenario: Scenario
  /** Each broken promise, in words; none is what is hoped for. */
  readonly broken: readonly string[]
}

/**
 * Plays the client machine against the server machine: one client and all the connections it makes, over a network that
 * is late and closes when it likes, with a verifier and a token provider of every mood. The same seed plays the same duel.
 *
 * Checks DESIGN's P1, P2, P3, P6 and P7 against an account of what is true that shares no code with the machines. Does
 * not check the drivers that ship: these are tested over real sockets.
 *
 * @example expect(playDuel(42).broken).toEqual([])
 */
export function playDuel(
  seed: number,
  machines: Machines = shipping,
  count: (what: string) => void = () => {},
): Duel {
  const random = seededRandom(seed)
  const scenario = drawScenario(random)
  const broken: string[] = []
  const blame = (what: string): void => {
    if (!broken.includes(what)) broken.push(what)
  }
  const clock = new FakeClock()
  const world: World = { clock, random, machines, scenario, identity: new Identity(), blame, count }
  const servers: ServerActor[] = []
  const connect = (): Wire => {
    const wire = new Wire(clock, random, scenario.slowestMs)
    const channel = `channel-${`${servers.length}`.padStart(8, '0')}`
    servers.push(new ServerActor(world, wire, channel))
    return wire
  }
  const client =
    scenario.peer === 'stranger' ? undefined : new ClientActor(world, new Provider(world), connect)
  if (!client) playStranger(world, connect())
  for (const happening of scenario.happenings) {
    clock.schedule(happening.atMs, () => happen(world, happening.what, client, servers))
  }
  if (client && scenario.peer === 'meddled') {
    for (let i = 0; i < 3; i++) {
      clock.schedule(between(random, 0, scenario.horizonMs), () => client.meddle(writing(world)))
    }
  }
  clock.advance(scenario.horizonMs)
  for (const server of servers) server.finish()
  return { seed, scenario, broken }
}

function happen(
  world: World,
  what: Happening['what'],
  client: ClientActor | undefined,
  servers: readonly ServerActor[],
): void {
  const { clock, identity, random, scenario } = world
  world.count(`happening ${what}`)
  switch (what) {
    case 'client-says':
      client?.say()
      return
    case 'server-says':
      servers.at(-1)?.say()
      return
    case 'revoke':
    case 'revoke-margin': {
      const marginMs = what === 'revoke' ? 0 : between(random, 1, 4_000)
      identity.revoke('ada', clock.now(), marginMs)
      for (const server of servers) server.revoke('ada', marginMs)
      return
    }
    case 'revoke-silently': {
      // Only where the server looks by itself, and the verifier answers, is it found out in time.
      const { server, verifier, lateMs } = scenario
      if (verifier !== 'prompt' || server.revalidateMs === Number.POSITIVE_INFINITY) return
      identity.revoke('ada', clock.now(), server.revalidateMs + 700 + 3 * lateMs, true)
      return
    }
    case 'disconnect':
      servers.at(-1)?.feed({ type: 'refuse', error: 'session_revoked' })
      return
    case 'step-up':
      servers.at(-1)?.feed({ type: 'require', reason: 'step_up', deadlineMs: between(random, 1, 4_000) })
      return
    case 'drain': {
      const inMs = between(random, 0, 4_000)
      servers.at(-1)?.feed({ type: 'drain', inMs, retryAfterMs: between(random, 0, 3_000) })
      return
    }
    case 'refresh':
      client?.refresh()
      return
    case 'reset':
    case 'hush':
      client?.cut(what)
      return
    case 'leave':
      client?.leave()
      return
    case 'freeze':
      client?.freeze(between(random, 100, 20_000))
      return
  }
}
