import { mayDeliver, openServer, serverDueAt, stepServer, type UpgradeOpening } from '../handshake/server.ts'
import type {
  Grant,
  ServerEffect,
  ServerInput,
  ServerPolicy,
  ServerState,
  Subject,
} from '../handshake/server-state.ts'
import type { AuthErrorName } from '../wire/error-codes.ts'

/** The defaults of a server, without heartbeats and looks at live sessions: a test asks for what it is about. */
export const quietServerPolicy: ServerPolicy = {
  deadlineMs: 5_000,
  firstMessage: true,
  bearerText: true,
  reject: 'auto',
  allowAnonymous: false,
  preAuthMessages: 16,
  heartbeatMs: Number.POSITIVE_INFINITY,
  refreshesPerMinute: 6,
  revalidateMs: Number.POSITIVE_INFINITY,
}

/** Who is let in, and for how long. */
export type Granted = Partial<Subject & Omit<Grant, 'subject'>>

type Timeless<T> = T extends unknown ? Omit<T, 'nowMs'> : never

/** More than any time takes that a test lets pass: a machine that gets nowhere fails instead of hanging. */
const maxSteps = 20_000

/**
 * A server machine played by hand: inputs go in at `nowMs`, effects come out and are kept.
 *
 * @example const server = new PlayedServer(); server.text('{"type":"auth","token":"t"}'); server.accept({ userId: 'u' })
 */
export class PlayedServer {
  readonly policy: ServerPolicy
  nowMs = 1_000
  sentAtMs = 1_000
  heardAtMs = 1_000
  state: ServerState
  /** Number of the last verification that was asked for. */
  attempt = 0
  /** All effects so far. */
  readonly effects: ServerEffect[] = []

  constructor(policy: Partial<ServerPolicy> = {}, opening: Partial<UpgradeOpening> = {}) {
    this.policy = { ...quietServerPolicy, ...policy }
    const defaults: UpgradeOpening = {
      nowMs: 1_000,
      version: 0,
      channel: 'channel-of-16-ch',
      finding: { type: 'none' },
    }
    const { state, effects } = openServer(this.policy, { ...defaults, ...opening })
    this.state = state
    this.#remember(effects)
  }

  /** Feeds one input and gives what came of it. */
  feed(input: Timeless<ServerInput>): readonly ServerEffect[] {
    const { state, effects } = stepServer(this.policy, this.state, { ...input, nowMs: this.nowMs })
    this.state = state
    this.#remember(effects)
    if (effects.some(({ type }) => type === 'send')) this.sentAtMs = this.nowMs
    return effects
  }

  /** A message before `auth_ok`. */
  text(text: string | undefined): readonly ServerEffect[] {
    return this.feed({ type: 'message', text })
  }

  /** Control under the connection's channel; `members` are those after `"wsauth"`. */
  control(members: string): readonly ServerEffect[] {
    return this.feed({ type: 'control', text: `{"wsauth":"channel-of-16-ch",${members}}` })
  }

  /** The newest verification came out well. */
  accept({ expiresInMs, leewayMs, ...who }: Granted = {}): readonly ServerEffect[] {
    const { sessionId = 's1', ...subject } = { userId: 'ada', ...who }
    const grant: Grant = { subject, sessionId, expiresInMs, leewayMs }
    return this.feed({ type: 'verdict', attempt: this.attempt, verdict: { ok: true, grant } })
  }

  /** The newest verification did not. */
  refuse(error: AuthErrorName, retryAfterMs?: number): readonly ServerEffect[] {
    const after = retryAfterMs === undefined ? {} : { retryAfterMs }
    return this.feed({ type: 'verdict', attempt: this.attempt, verdict: { ok: false, error, ...after } })
  }

  /** Lets time pass; each moment that the machine waits for is fed as it comes. Gives what came of all of them. */
  pass(ms: number): readonly ServerEffect[] {
    const untilMs = this.nowMs + ms
    const all: ServerEffect[] = []
    for (let steps = 0; serverDueAt(this.state) <= untilMs; steps++) {
      if (steps === maxSteps) throw new Error('the machine is due again and again')
      this.nowMs = Math.max(this.nowMs, serverDueAt(this.state))
      all.push(...this.due())
    }
    this.nowMs = untilMs
    return all
  }

  due(): readonly ServerEffect[] {
    return this.feed({ type: 'due', sentAtMs: this.sentAtMs, heardAtMs: this.heardAtMs })
  }

  #remember(effects: readonly ServerEffect[]): void {
    this.effects.push(...effects)
    for (const effect of effects) if ('attempt' in effect) this.attempt = effect.attempt
  }

  get mayDeliver(): boolean {
    return mayDeliver(this.state, this.nowMs)
  }

  /** Texts that were sent, parsed. */
  get sent(): readonly unknown[] {
    return this.effects.flatMap((effect) => (effect.type === 'send' ? [JSON.parse(effect.text)] : []))
  }

  /** What was said so far, in short: control as its members without the channel, anything else as its type. */
  get said(): readonly unknown[] {
    return this.effects.map((effect) => {
      if (effect.type !== 'send') return effect.type
      const { wsauth, ...members } = JSON.parse(effect.text)
      return wsauth === 'channel-of-16-ch' ? members : effect.text
    })
  }
}

/** A live connection of version 1 under a first message, or of 0, which said no `v`; nothing has been said on it yet. */
export function playLiveServer(
  policy: Partial<ServerPolicy> = {},
  grant: Granted = {},
  version: 0 | 1 = 1,
): PlayedServer {
  const server = new PlayedServer(policy)
  server.text(version ? '{"type":"auth","token":"t","v":1}' : '{"type":"auth","token":"t"}')
  server.accept(grant)
  server.effects.length = 0
  return server
}
