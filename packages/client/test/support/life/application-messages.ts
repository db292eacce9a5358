import type { PeerSocket } from './peer-socket.ts'
import type { World } from './world.ts'

/** What the application sent, and what has become of it: sent, dropped and counted, or waiting (P7). */
export class ApplicationMessages {
  readonly #world: World
  readonly #waiting: Map<string, string | undefined> = new Map()
  readonly #sent: Set<string> = new Set()
  #count = 0
  #last = 0
  /** What waited at each stop that has not told yet what it dropped. */
  readonly #stops: number[] = []

  constructor(world: World) {
    this.#world = world
  }

  write(as: string | undefined): string {
    const text = `message ${++this.#count}`
    this.#waiting.set(text, as)
    this.#world.tell(`writes ${text}`)
    return text
  }

  /** By an error that `send()` threw. */
  refused(text: string): void {
    this.#waiting.delete(text)
  }

  stopped(): void {
    if (this.#waiting.size > 0) this.#stops.push(this.#waiting.size)
    this.#waiting.clear()
  }

  sent(socket: PeerSocket, text: string): void {
    const world = this.#world
    const { peer, readyState } = socket
    world.tell(`socket ${socket.number} carries ${text}`)
    if (readyState !== 1) world.blame('P1 sent on a socket that is not open')
    if (!peer.isAuthenticated) world.blame('P1 sent where nobody is authenticated')
    if (world.nowMs >= peer.endsAtMs) world.blame('P1 sent after the end of the credential')
    const as = this.#waiting.get(text)
    if (this.#sent.has(text)) world.blame('P7 sent twice')
    else if (!this.#waiting.has(text)) world.blame('P7 sent what was dropped')
    if (as !== undefined && as !== peer.userId) world.blame('P7 sent to another user')
    const number = Number(text.split(' ')[1])
    if (number < this.#last) world.blame('P7 sent out of order')
    this.#last = number
    this.#sent.add(text)
    this.#waiting.delete(text)
  }

  dropped({ count, reason }: { readonly count: number; readonly reason: string }): void {
    const world = this.#world
    const meant = reason === 'stopped' ? this.#stops.pop() : this.#waiting.size
    if (count !== meant) world.blame(`P7 ${count} dropped of ${meant}, ${reason}`)
    if (reason === 'user_changed') this.#waiting.clear()
  }

  finish(): void {
    if (this.#waiting.size + this.#stops.length > 0)
      this.#world.blame('P7 a message is neither sent nor dropped')
  }
}
