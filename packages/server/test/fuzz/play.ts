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

/**
 * A connection that is there for this much longer than it may be stays for good; on a machine that has much else to do the
 * slowest of 600 took five seconds. That the deadline is kept to the millisecond is said by tests that move a clock.
 */
const graceMs = 30_000
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
    const late = setTimeout(
      () => {
        isGone = false
        socket.destroy()
      },
      deadlineMs + closeTimeoutMs + graceMs,
    )
    socket.on('close', () => {
      clearTimeout(late)
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
