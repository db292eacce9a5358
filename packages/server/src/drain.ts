import type { Authenticator } from './authenticator.ts'

/** How fast a node is emptied. */
export interface DrainOptions {
  /** Over how long live connections are sent away, evenly, in random order. Default 20,000. */
  readonly overMs?: number
  /** How many are told at once; other work comes in between. Default 100. */
  readonly batch?: number
}

/** What became of the connections that were there when the drain began. */
export interface DrainCounts {
  /** Closed with 1012. */
  readonly closed: number
  /** Gone by themselves before their time. */
  readonly left: number
  /** Not authenticated, and refused at once. */
  readonly refused: number
}

/** On top of its turn each client is told a time of its own, up to this, so that those of one moment do not return in one. */
const spreadMs = 1_000

/**
 * Empties a node: nobody comes in any more, and each live connection is told `going_away` now and closed with 1012 in its
 * turn. Resolves when the last one is gone.
 *
 * The closes are what is spread, so that no client waits longer than it has to: it dials again a moment after its own.
 */
export async function drain(
  authenticator: Authenticator,
  { overMs = 20_000, batch = 100 }: DrainOptions = {},
  random: () => number = Math.random,
): Promise<DrainCounts> {
  if (!(overMs >= 0 && Number.isFinite(overMs)))
    throw new TypeError(`overMs is ${overMs}: give milliseconds, from 0`)
  if (!(batch >= 1)) throw new TypeError(`batch is ${batch}: give a number of connections, from 1`)
  const startMs = authenticator.options.clock.now()
  const closedBefore = authenticator.stats().ended.service_restart ?? 0
  const refused = authenticator.closeDoors(startMs + overMs)
  const connections = shuffled([...authenticator.live], random)
  const total = connections.length
  for (const [index, connection] of connections.entries()) {
    const elapsedMs = authenticator.options.clock.now() - startMs
    const turnMs = ((index + random()) / total) * overMs
    connection.drain(Math.max(0, turnMs - elapsedMs), Math.ceil(random() * spreadMs))
    if ((index + 1) % batch === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  await authenticator.empty()
  const closed = (authenticator.stats().ended.service_restart ?? 0) - closedBefore
  return { closed, left: total - closed, refused }
}

function shuffled<T>(items: T[], random: () => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const [a, b] = [items[i], items[j]]
    if (a !== undefined && b !== undefined) [items[i], items[j]] = [b, a]
  }
  return items
}
