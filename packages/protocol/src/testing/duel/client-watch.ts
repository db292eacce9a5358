import type { Outcome } from '../../handshake/client-state.ts'
import type { Action } from '../../wire/error-codes.ts'
import type { Frame } from './network.ts'
import type { World } from './world.ts'

const never = Number.POSITIVE_INFINITY

/** What DESIGN 4.4 says of a close that nothing else explained; written down a second time on purpose. */
function actionOf(code: number, reason: string): Action {
  switch (code) {
    case 4001:
      if (reason.startsWith('Authentication timeout')) return 'retry'
      return reason.startsWith('Invalid request') ? 'stop' : 'refresh'
    case 4002:
      return 'refresh'
    case 1001:
    case 1005:
    case 1006:
    case 1011:
    case 1012:
    case 1013:
    case 1014:
    case 4029:
      return 'retry'
    default:
      return 'stop'
  }
}

/** Holds one client, over all its connections, to its promises (DESIGN P1, P6); shares no code with the machine. */
export class ClientWatch {
  readonly #world: World
  readonly #refused = new Set<string>()
  /** Refusals since the last `auth_ok`. */
  #refusals = 0
  #stopped = false
  #endedAtMs = never
  #floorMs = 0
  #dials = 0
  /** Of the connection at hand. */
  #token = ''
  /** The one that the server has accepted there. */
  #accepted: string | undefined
  #phase: 'opening' | 'open' | 'ended' = 'ended'
  #openAtMs = 0
  #endsAtMs = never
  #told: { action?: Action; retryAfterMs: number } = { retryAfterMs: 0 }
  #closed: Action | undefined
  #left = false
  /** Messages of the application that arrived and are owed to it. */
  #owed: (string | undefined)[] = []

  constructor(world: World) {
    this.#world = world
  }

  dialled(token: string): void {
    const nowMs = this.#world.clock.now()
    this.#world.count('dials')
    this.#dials++
    if (this.#stopped) this.#world.blame('P6 dialled after stop')
    if (nowMs < this.#endedAtMs + this.#floorMs && this.#endedAtMs !== never) {
      this.#world.blame('P6 dialled too soon')
    }
    if (this.#dials > 2 + nowMs / 100) this.#world.blame('P6 dials without bound')
    this.#phase = 'opening'
    this.#accepted = undefined
    this.#endsAtMs = never
    this.#presents(token)
  }

  refreshed(token: string): void {
    this.#presents(token)
  }

  #presents(token: string): void {
    this.#token = token
    if (token !== '' && this.#refused.has(token)) this.#world.blame('P6 a refused token was presented again')
  }

  /** A frame arrived, and the machine has not seen it yet. */
  heard(frame: Frame, control: string | undefined): void {
    if (frame.type === 'close') this.#closed ??= actionOf(frame.code, frame.reason)
    if (frame.type === 'close') this.#wait(Number(/retry-after-ms=(\d+)$/.exec(frame.reason)?.[1] ?? 0))
    if (frame.type !== 'message') return
    const members = parsed(frame.text)
    const isControl = control && frame.text?.startsWith(control)
    if (this.#phase === 'opening' && members?.type === 'auth_fail') {
      const { action, retryAfterMs } = members
      if (action === 'stop' || action === 'refresh' || action === 'retry') this.#told.action = action
      this.#wait(retryAfterMs)
      this.#phase = 'ended'
    } else if (isControl && members?.type === 'auth_fail' && members.action === 'refresh') {
      this.#refuse()
    } else if (members?.type === 'auth_ok' && (isControl || this.#phase === 'opening')) {
      this.#refusals = 0
      this.#accepted = this.#token
      if (isControl || members.v === 1) {
        const { expiresInMs } = members
        this.#endsAtMs = typeof expiresInMs === 'number' ? this.#world.clock.now() + expiresInMs : never
      }
    } else if (isControl && members?.type === 'going_away') {
      // Of several the last counts.
      this.#told.retryAfterMs = 0
      this.#wait(members.retryAfterMs)
    } else if (this.#phase === 'open' && !isControl) this.#owed.push(frame.text)
  }

  #wait(ms: unknown): void {
    if (typeof ms === 'number') this.#told.retryAfterMs = Math.max(this.#told.retryAfterMs, ms)
  }

  opened(): void {
    if (this.#phase !== 'opening') this.#world.blame('P1 opened twice, or after the end')
    this.#phase = 'open'
    this.#openAtMs = this.#world.clock.now()
  }

  delivered(text: string | undefined): void {
    this.#world.count('delivered to client')
    if (this.#phase !== 'open') this.#world.blame(`P1 delivered to the client while ${this.#phase}`)
    if (this.#owed.length === 0 || this.#owed.shift() !== text) {
      this.#world.blame('P1 delivered to the client what was not owed, or not in order')
    }
  }

  /** What arrived has been dealt with. `silent`: an answer to bearer text, which is nobody's, may be among it. */
  settled(silent: boolean): void {
    if (this.#phase === 'open' && this.#owed.length > 0 && !silent && !this.#left) {
      this.#world.blame('P1 a message to the client was lost')
    }
    this.#owed = []
  }

  sent(): void {
    this.#world.count('sent by client')
    if (this.#phase !== 'open' || this.#left) this.#world.blame('P1 the client sent while not open')
    if (this.#world.clock.now() >= this.#endsAtMs) {
      this.#world.blame('P1 the client sent after its credential ended')
    }
  }

  leaves(): void {
    this.#left = true
  }

  /** A connection is over; `action` is what the client does now. */
  ended(outcome: Outcome, action: Action): void {
    this.#world.count(`client ends with ${outcome.action}`)
    const { action: told, retryAfterMs } = this.#told
    const expected = this.#left ? 'stop' : (told ?? this.#closed)
    if (expected !== undefined && outcome.action !== expected) {
      this.#world.blame(`P6 told ${expected}, does ${outcome.action}`)
    }
    const healthy = this.#phase === 'open' && this.#world.clock.now() - this.#openAtMs >= 5_000
    if (healthy && this.#world.scenario.client.version === 0) this.#refusals = 0
    if (outcome.action === 'refresh') {
      if (this.#accepted === undefined) this.#refuse()
      else this.#expire(this.#accepted)
      if (this.#refusals > 1 && action !== 'stop') {
        this.#world.blame('P6 goes on after the new token was refused too')
      }
      if (this.#refusals === 1 && action === 'stop') this.#world.blame('P6 gives up after one refusal')
    }
    if (action !== outcome.action && action !== 'stop')
      this.#world.blame('P6 does something else than it says')
    if (action === 'stop') this.#stopped = true
    this.#phase = 'ended'
    this.#endedAtMs = this.#world.clock.now()
    this.#floorMs = Math.max(100, retryAfterMs)
    this.#told = { retryAfterMs: 0 }
    this.#closed = undefined
    this.#owed = []
  }

  /** What was accepted is over: whatever comes next is the new one. */
  #expire(token: string): void {
    this.#refusals = Math.max(1, this.#refusals)
    if (token !== '') this.#refused.add(token)
  }

  /** A token that is known as refused is not refused once more. */
  #refuse(): void {
    if (!this.#refused.has(this.#token)) this.#refusals++
    if (this.#token !== '') this.#refused.add(this.#token)
  }
}

function parsed(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
