/** What the application of an expiry server does: it talks to a tenth of its clients all the time, and counts who is late. */

export interface Talker {
  send(text: string): void
}

const everyMs = 100
const share = 10

export interface Chatter {
  /** The application got a message on a connection that ends at `endsAtMs`. */
  heard(endsAtMs: number): void
  facts(): Readonly<Record<string, number>>
  stop(): void
}

/** The wall clock, finer than whole milliseconds. */
function wallMs(): number {
  return performance.timeOrigin + performance.now()
}

/** Each text that is sent is the time at which the application sent it. */
export function chatter(sockets: () => Iterable<Talker>): Chatter {
  let late = 0
  let heard = 0
  const timer = setInterval(() => {
    let index = 0
    for (const socket of sockets()) if (index++ % share === 0) socket.send(wallMs().toFixed(3))
  }, everyMs)
  return {
    heard(endsAtMs) {
      heard += 1
      if (wallMs() >= endsAtMs + 1) late += 1
    },
    facts: () => ({ heard, late }),
    stop: () => clearInterval(timer),
  }
}
