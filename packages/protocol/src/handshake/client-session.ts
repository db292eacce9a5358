import { actionNamed } from '../wire/close-codes.ts'
import { believedMs } from '../wire/close-reason.ts'
import type { ServerMessage } from '../wire/messages.ts'
import { numberOr } from '../wire/parse-server-message.ts'
import { serializeRefresh } from '../wire/serialize-message.ts'
import { backoffMs } from './backoff.ts'
import { type ClientPolicy, stepConnection } from './client.ts'
import type {
  ClientEffects,
  ClientInput,
  ClientState,
  ClientStep,
  Ending,
  TokenReason,
} from './client-state.ts'

const never = Infinity
/** The server forgives about this much at the end; a client that is later than that was asleep. */
const leewayMs = 5_000

/** One transition of a connection that is kept authenticated: refreshed ahead of its end and given up when silent (PROTOCOL 5). */
export function stepClient(policy: ClientPolicy, state: ClientState, input: ClientInput): ClientStep {
  const { nowMs, heardAtMs, share, token } = input
  const { control, renewing, failures = 0, renewAtMs = never, endsAtMs = never, heartbeatMs = never } = state
  // Silence ends a connection as any other time that ran out; all else that an open one waits for is looked at here.
  const [next, effects]: ClientStep =
    state.name === 'open' && input.type === 'due' && nowMs < heardAtMs + 2 * heartbeatMs
      ? [state, {}]
      : stepConnection(policy, state, input)

  /** The connection stays open, until the first thing that it waits for. */
  const stay = (members?: Partial<ClientState>, more?: ClientEffects): ClientStep => {
    const kept = { ...next, ...members }
    const { renewAtMs = never, endsAtMs = never, heartbeatMs = never } = kept
    const byMs = Math.min(renewAtMs, endsAtMs + leewayMs, heardAtMs + 2 * heartbeatMs)
    return [
      { ...kept, byMs },
      { ...effects, ...more },
    ]
  }
  /** A newer token is on its way. */
  const renew = (fetchToken: TokenReason = 'refresh') =>
    policy.renews
      ? stay({ renewing: fetchToken, renewAtMs: nowMs + policy.tokenTimeoutMs }, { fetchToken })
      : stay({ renewAtMs: never })
  /** A refresh that failed: tried again with backoff where that may help. */
  const later = ({ action, retryAfterMs }: Ending) => {
    const inMs = backoffMs(failures, share, {}, believedMs(retryAfterMs))
    return stay({
      renewing: undefined,
      renewAtMs: action === 'retry' ? nowMs + inMs : never,
      failures: failures + 1,
    })
  }
  /** Under a credential that was accepted just now. */
  const term = (message: ServerMessage) => {
    // PROTOCOL 3.2: without a channel there is no control, so no refresh and no heartbeat either.
    const { expiresInMs, heartbeatMs }: ServerMessage = next.control ? message : {}
    const lifeMs = numberOr(expiresInMs, never)
    return stay({
      renewing: undefined,
      failures: 0,
      // Between 70 and 85 % of its life, at a share of its own.
      renewAtMs: nowMs + lifeMs * (0.7 + 0.15 * share),
      endsAtMs: nowMs + lifeMs,
      heartbeatMs: typeof heartbeatMs === 'number' && heartbeatMs > 0 ? heartbeatMs : next.heartbeatMs,
    })
  }

  if (next.name === 'open') {
    const { opened, told } = effects
    if (opened) return term(opened)
    switch (input.type) {
      case 'token':
        // One that comes late is still good.
        return stay({ renewAtMs: nowMs + policy.authTimeoutMs }, { send: serializeRefresh(token, control) })
      case 'token-failed':
        return later(input.event)
      case 'refresh':
        // Without control it could not be presented here.
        return renewing || !control ? stay() : renew()
      case 'due':
        if (nowMs >= endsAtMs + leewayMs) {
          const event = { code: 4002, reason: 'Token expired' }
          return stepConnection(policy, state, { ...input, type: 'close', event })
        }
        if (nowMs < renewAtMs) return stay()
        // An answer that never came is a refresh that failed.
        return renewing ? later({ action: 'retry' }) : renew()
    }
    if (control) {
      switch (told?.type) {
        case 'auth_ok':
          return term(told)
        case 'auth_fail':
          return renewing === 'refused' || actionNamed(told.action, 'refresh') !== 'refresh'
            ? later(told)
            : renew('refused')
        case 'auth_required':
          return renewing ? stay() : renew()
      }
    }
  }
  return [next, effects]
}
