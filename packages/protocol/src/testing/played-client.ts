import { type ClientPolicy, clientDueAt, maySend } from '../handshake/client.ts'
import { stepClient } from '../handshake/client-session.ts'
import type { ClientEffects, ClientHappening, ClientState } from '../handshake/client-state.ts'
import { serializeAuth, serializeBearerText } from '../wire/serialize-message.ts'
import { openClient } from './open-client.ts'

/** How a token travels, as the machine has to know it. */
export const presented: Readonly<
  Record<'message' | 'bearer-text' | 'upgrade', Pick<ClientPolicy, 'present' | 'answered'>>
> = {
  message: { present: serializeAuth, answered: true },
  'bearer-text': { present: serializeBearerText, answered: false },
  upgrade: { present: undefined, answered: undefined },
}

/** What a client that was told no secret shows of a peer's text: all of it. */
export const asText: ClientPolicy['hide'] = (text) => (typeof text === 'string' ? text : undefined)

/** The defaults of a client with `firstMessage()`. */
export const defaultClientPolicy: ClientPolicy = {
  version: 1,
  ...presented.message,
  connectTimeoutMs: 10_000,
  authTimeoutMs: 10_000,
  closeTimeoutMs: 2_000,
  tokenTimeoutMs: 10_000,
  renews: true,
  hide: asText,
}

/** More than any time takes that a test lets pass: a machine that gets nowhere fails instead of hanging. */
const maxSteps = 20_000

/**
 * A client machine played by hand: inputs go in at `nowMs`, what came of the last one comes out.
 *
 * @example const client = new PlayedClient(); client.connect(); client.text('{"type":"auth_ok","userId":"u"}')
 */
export class PlayedClient {
  readonly policy: ClientPolicy
  nowMs = 1_000
  heardAtMs = 1_000
  token = 't'
  state: ClientState
  readonly #share: number

  constructor(policy: Partial<ClientPolicy> = {}, share = 0) {
    this.policy = { ...defaultClientPolicy, ...policy }
    this.#share = share
    this.state = openClient()
  }

  feed(happening: ClientHappening): ClientEffects {
    const { nowMs, heardAtMs, token } = this
    const input = { ...happening, nowMs, heardAtMs, token, share: this.#share }
    const [state, effects] = stepClient(this.policy, this.state, input)
    this.state = state
    return effects
  }

  /** The token is there and the socket opens. */
  connect(token = 't'): ClientEffects {
    this.present(token)
    return this.feed({ type: 'open' })
  }

  /** The token is there. */
  present(token: string): ClientEffects {
    this.token = token
    return this.feed({ type: 'token' })
  }

  /** A message arrives; `undefined` for a binary one. */
  text(data: string | undefined): ClientEffects {
    this.heardAtMs = this.nowMs
    return this.feed({ type: 'message', event: { data } })
  }

  close(code: number, reason = ''): ClientEffects {
    return this.feed({ type: 'close', event: { code, reason, wasClean: true } })
  }

  /** Lets time pass; each moment that the machine waits for is fed as it comes. Gives what came of all of them. */
  pass(ms: number): readonly ClientEffects[] {
    const untilMs = this.nowMs + ms
    const all: ClientEffects[] = []
    for (let steps = 0; this.dueAtMs <= untilMs; steps++) {
      if (steps === maxSteps) throw new Error('the machine is due again and again')
      this.nowMs = Math.max(this.nowMs, this.dueAtMs)
      const effects = this.feed({ type: 'due' })
      // Something was heard meanwhile: it waits on.
      if (Object.keys(effects).length > 0 || this.dueAtMs <= this.nowMs) all.push(effects)
    }
    this.nowMs = untilMs
    return all
  }

  get dueAtMs(): number {
    return clientDueAt(this.state, this.heardAtMs)
  }

  get maySend(): boolean {
    return maySend(this.state, this.nowMs)
  }
}
