import { backoffMs } from '@wsauth/protocol'

/** How a client that was refused, or not answered, waits: the product's way or another. */
export type Waiting = (attempt: number, random: () => number, retryAfterMs: number) => number

export const productsWay: Waiting = (attempt, random, retryAfterMs) =>
  backoffMs(attempt, random(), {}, retryAfterMs)

/** What is found in many applications: again after a second. */
export const everySecond: Waiting = () => 1_000

export interface Storm {
  readonly clients: number
  /** Handshakes a second that what is left of the servers completes, where nobody is refused. */
  readonly perSecond: number
  /** What sending somebody away costs, as a part of a handshake: TCP, TLS, the upgrade request. */
  readonly refusalCost: number
  /** What the refused are told, by how many were refused in that second so far; 0 tells them nothing. */
  readonly retryAfterMs: (refused: number) => number
  readonly waiting: Waiting
  readonly random: () => number
  /** Where the simulation gives up. */
  readonly seconds: number
}

/** For each second: attempts that came, and clients that are back by its end. */
export interface Course {
  readonly arrivals: readonly number[]
  readonly back: readonly number[]
}

/** All clients lose their connection at once, and come back by their own rule; every attempt is an attempt on the servers. */
export function storm({
  clients,
  perSecond,
  refusalCost,
  retryAfterMs,
  waiting,
  random,
  seconds,
}: Storm): Course {
  const attempts = new Uint8Array(clients)
  /** Who comes in which second. */
  let calendar: number[][] = Array.from({ length: seconds }, () => [])
  const plan = (client: number, atMs: number): void => {
    calendar[Math.floor(atMs / 1_000)]?.push(client)
  }
  for (let client = 0; client < clients; client++) plan(client, waiting(0, random, 0))
  const arrivals: number[] = []
  const back: number[] = []
  let isBack = 0
  for (let second = 0; second < seconds && isBack < clients; second++) {
    const coming = calendar[second] ?? []
    const room = (perSecond - refusalCost * coming.length) / (1 - refusalCost)
    let refused = 0
    let accepted = 0
    for (let n = 0; n < coming.length; n++) {
      const client = coming[n] ?? 0
      if (accepted < room) {
        accepted++
        continue
      }
      const failed = Math.min(255, (attempts[client] ?? 0) + 1)
      attempts[client] = failed
      // Somewhere within the second; who comes again in the same one is still refused, and counted.
      const atMs = (second + random()) * 1_000 + waiting(failed, random, retryAfterMs(refused++))
      plan(client, atMs)
    }
    isBack += accepted
    arrivals.push(coming.length)
    back.push(isBack)
    calendar[second] = []
  }
  calendar = []
  return { arrivals, back }
}

/** In which second a part of the clients was back; `undefined` where that never was. */
export function secondOf({ back }: Course, count: number): number | undefined {
  const at = back.findIndex((isBack) => isBack >= count)
  return at < 0 ? undefined : at + 1
}

/** Chance that comes out the same each time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
