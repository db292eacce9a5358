import { type ClientPolicy, maySend, openClient } from '../handshake/client.ts'
import { clientDueAt, stepClient } from '../handshake/client-session.ts'
import type { ClientEffects, ClientInput, ClientState } from '../handshake/client-state.ts'

/** The defaults of a client with `firstMessage()`. */
export const defaultClientPolicy: ClientPolicy = {
  version: 1,
  credential: 'message',
  connectTimeoutMs: 10_000,
  authTimeoutMs: 10_000,
  closeTimeoutMs: 2_000,
}

type Timeless<T> = T extends unknown ? Omit<T, 'nowMs'> : never

/**
 * A client machine played by hand: inputs go in at `nowMs`, what came of the last one comes out.
 *
 * @example const client = new PlayedClient(); client.connect(); client.text('{"type":"auth_ok","userId":"u"}')
 */
export class PlayedClient {
  readonly policy: ClientPolicy
  nowMs = 1_000
  heardAtMs = 1_000
  state: ClientState

  constructor(policy: Partial<ClientPolicy> = {}, share = 0) {
    this.policy = { ...defaultClientPolicy, ...policy }
    this.state = openClient(share)
  }

  feed(input: Timeless<ClientInput>): ClientEffects {
    const { state, effects } = stepClient(this.policy, this.state, { ...input, nowMs: this.nowMs })
    this.state = state
    return effects
  }

  /** The token is there and the socket opens. */
  connect(token = 't'): ClientEffects {
    this.feed({ type: 'token', token })
    return this.feed({ type: 'opened', token })
  }

  /** A message arrives. */
  text(text: string | undefined): ClientEffects {
    this.heardAtMs = this.nowMs
    return this.feed({ type: 'message', text })
  }

  close(code: number, reason = ''): ClientEffects {
    return this.feed({ type: 'closed', code, reason, wasClean: true })
  }

  /** Lets time pass; each moment that the machine waits for is fed as it comes. Gives what came of all of them. */
  pass(ms: number): readonly ClientEffects[] {
    const untilMs = this.nowMs + ms
    const all: ClientEffects[] = []
    while (clientDueAt(this.state, this.heardAtMs) <= untilMs) {
      this.nowMs = Math.max(this.nowMs, clientDueAt(this.state, this.heardAtMs))
      all.push(this.feed({ type: 'due', heardAtMs: this.heardAtMs }))
    }
    this.nowMs = untilMs
    return all
  }

  get maySend(): boolean {
    return maySend(this.state, this.nowMs)
  }
}
