import type { Duplex } from 'node:stream'
import type { Hooks } from './ws-hooks.ts'

/** Stands on the stream of a request that a server of ours has in hand, as a mark of `ws` stands on one that it has answered. */
const mark: unique symbol = Symbol('wsauth')

/**
 * Whether nobody has this stream yet; from here on somebody of ours has, and whoever comes second is told. `ws` finds a second
 * `handleUpgrade` when it answers: too late for one that waits for a verdict, whose refusal would stand between the other's frames.
 */
export function claim(raw: Duplex & { [mark]?: true }, hooks: Hooks): boolean {
  if (raw[mark] || isAnswered(raw)) {
    const text =
      'handleUpgrade() was called more than once for one request: are there two servers, or two listeners of upgrade, on one HTTP server? This call does nothing'
    hooks.failed('handleUpgrade', new Error(text))
    return false
  }
  raw[mark] = true
  return true
}

/** Whether a server of plain `ws` has answered already: what it reads and writes there goes on, and a refusal would stand in it. */
function isAnswered(raw: Duplex): boolean {
  return Object.getOwnPropertySymbols(raw).some(({ description }) => description === 'websocket')
}
