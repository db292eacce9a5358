import { connect, type Socket } from 'node:net'
import type { Attack } from './attack.ts'
import { closeTimeoutMs, deadlineMs } from './report.ts'

/** What the attacker saw. */
export interface Outcome {
  readonly attack: Attack
  readonly tookMs: number
  /** Ended by the server, or by the attacker as it wanted. */
  readonly isGone: boolean
  readonly received: string
}

/** A connection that is there for this much longer than it may be is a failure; a busy machine is late by less. */
const graceMs = 5_000
/** That time is counted in turns of this process: while the machine stands still nobody is late. */
const turnMs = 100
const patience = (deadlineMs + closeTimeoutMs + graceMs) / turnMs
const mostAtOnce = 600

/** Plays all attacks, many at once. */
export async function play(port: number, attacks: Iterable<Attack>): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const left = attacks[Symbol.iterator]()
  const work = async (): Promise<void> => {
    for (let next = left.next(); !next.done; next = left.next())
      outcomes.push(await playOne(port, next.value))
  }
  await Promise.all(Array.from({ length: mostAtOnce }, work))
  return outcomes
}

function playOne(port: number, attack: Attack): Promise<Outcome> {
  return new Promise((resolve) => {
    const startedAtMs = performance.now()
    let received = ''
    let isGone = true
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.on('error', () => {})
    const answered = new Promise<void>((heard) => socket.once('data', () => heard()))
    socket.on('data', (chunk) => {
      if (received.length < 2_000) received += chunk.toString('latin1')
    })
    let turns = 0
    const waiting = setInterval(() => {
      turns++
      if (turns < patience) return
      isGone = false
      socket.destroy()
    }, turnMs)
    socket.on('close', () => {
      clearInterval(waiting)
      resolve({ attack, tookMs: performance.now() - startedAtMs, isGone, received })
    })
    void write(socket, attack, answered)
  })
}

async function write(
  socket: Socket,
  { writes, hangsUp, user }: Attack,
  answered: Promise<void>,
): Promise<void> {
  for (const bytes of writes) {
    if (socket.destroyed) return
    // In a turn of its own, so that it is a read of its own as often as not.
    await new Promise<void>((resolve) => socket.write(bytes, () => resolve()))
  }
  // Who was let in may stay, so it has to leave by itself.
  if (!hangsUp && user === undefined) return
  // A request that is cut short has no answer: Node waits for the rest of it, as it does for any other.
  await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, deadlineMs))])
  setTimeout(() => socket.end(), hangsUp ? 30 : deadlineMs / 2)
}
