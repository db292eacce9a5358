import type { FakeClock } from '../fake-clock.ts'
import { between } from '../random.ts'

/** What travels on one connection, the opening handshake included. */
export type Frame =
  | {
      readonly type: 'upgrade'
      readonly version: 0 | 1
      readonly token: string | undefined
      readonly ambient: boolean
    }
  | { readonly type: 'accepted' }
  | { readonly type: 'rejected'; readonly status: number; readonly retryAfterMs: number | undefined }
  /** `text` is absent for a binary message. */
  | { readonly type: 'message'; readonly text: string | undefined }
  /** Control frames of RFC 6455 §5.5; an end answers the one with the other by itself. */
  | { readonly type: 'ping' }
  | { readonly type: 'pong' }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }
  /** The transport ended without a Close frame. */
  | { readonly type: 'gone' }

export type End = 'client' | 'server'

/**
 * One TCP connection: frames are late, never out of order, and lost only together with all that would have followed.
 */
export class Wire {
  readonly #clock: FakeClock
  readonly #random: () => number
  readonly #slowestMs: number
  readonly #receivers: Record<End, (frame: Frame) => void> = { client: () => {}, server: () => {} }
  /** When the last frame towards each end arrives. */
  readonly #lastAtMs: Record<End, number> = { client: 0, server: 0 }
  #state: 'up' | 'silent' | 'down' = 'up'

  constructor(clock: FakeClock, random: () => number, slowestMs: number) {
    this.#clock = clock
    this.#random = random
    this.#slowestMs = slowestMs
  }

  receive(end: End, receiver: (frame: Frame) => void): void {
    this.#receivers[end] = receiver
  }

  send(to: End, frame: Frame): void {
    if (this.#state !== 'up') return
    this.#travel(to, () => {
      if (this.#state === 'up') this.#receivers[to](frame)
    })
  }

  /** Both ends learn that the transport is gone; what was on its way is lost. */
  reset(): void {
    if (this.#state === 'down') return
    this.#state = 'down'
    for (const end of ['client', 'server'] as const) {
      this.#travel(end, () => this.#receivers[end]({ type: 'gone' }))
    }
  }

  /** Nothing arrives any more and nobody is told: the cable is out. */
  hush(): void {
    if (this.#state === 'up') this.#state = 'silent'
  }

  #travel(to: End, arrive: () => void): void {
    const nowMs = this.#clock.now()
    const atMs = Math.max(this.#lastAtMs[to], nowMs + between(this.#random, 0, this.#slowestMs))
    this.#lastAtMs[to] = atMs
    this.#clock.schedule(atMs - nowMs, arrive)
  }
}
