import { actionNamed } from '../wire/close-codes.ts'
import { believedMs } from '../wire/close-reason.ts'
import type { ServerMessage } from '../wire/messages.ts'
import { serializeRefresh } from '../wire/serialize-message.ts'
import { backoffMs, defaultBackoff } from './backoff.ts'
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
  const { control, renewing, failures = 0, renewAtMs = never } = state

  /** The connection stays open, until the first thing that it waits for. */
  const stay = (members?: Partial<ClientState>, effects: ClientEffects = {}, from = state) => {
    const next = { ...from, ...members }
    const { renewAtMs = never, endsAtMs = never, heartbeatMs = never } = next
    const byMs = Math.min(renewAtMs, endsAtMs + leewayMs, heardAtMs + 2 * heartbeatMs)
    return { state: { ...next, byMs }, effects }
  }
  /** A newer token is on its way. */
  const renew = (effects?: ClientEffects, fetchToken: TokenReason = 'refresh') =>
    stay({ renewing: fetchToken, renewAtMs: nowMs + policy.tokenTimeoutMs }, { ...effects, fetchToken })
  /** A refresh that failed: tried again with backoff where that may help. */
  const later = ({ action, retryAfterMs }: Ending, effects?: ClientEffects) => {
    const inMs = backoffMs(failures, share, defaultBackoff, believedMs(retryAfterMs))
    return stay(
      { renewing: undefined, renewAtMs: action === 'retry' ? nowMs + inMs : never, failures: failures + 1 },
      effects,
    )
  }
  /** Under a credential that was accepted just now. */
  const term = (from: ClientState, message: ServerMessage, effects: ClientEffects) => {
    // PROTOCOL 3.2: without a channel there is no control, so no refresh and no heartbeat either.
    const { expiresInMs, heartbeatMs }: ServerMessage = from.control ? message : {}
    const lifeMs = typeof expiresInMs === 'number' ? expiresInMs : never
    return stay(
      {
        renewing: undefined,
        failures: 0,
        // Between 70 and 85 % of its life, at a share of its own.
        renewAtMs: nowMs + lifeMs * (0.7 + 0.15 * share),
        endsAtMs: nowMs + lifeMs,
        heartbeatMs: typeof heartbeatMs === 'number' && heartbeatMs > 0 ? heartbeatMs : from.heartbeatMs,
      },
      effects,
      from,
    )
  }
  const step = (next = input) => stepConnection(policy, state, next)

  if (state.name === 'open') {
    switch (input.type) {
      case 'token':
        // One that comes late is still good.
        return stay({ renewAtMs: nowMs + policy.authTimeoutMs }, { send: serializeRefresh(token, control) })
      case 'token-failed':
        return later(input.event)
      case 'refresh':
        // Without control it could not be presented here.
        return renewing || !control ? stay() : renew()
      case 'due': {
        const { endsAtMs = never, heartbeatMs = never } = state
        // Silent for too long: the end of what `byMs` bounds.
        if (nowMs >= heardAtMs + 2 * heartbeatMs) return step()
        if (nowMs >= endsAtMs + leewayMs) {
          return step({ ...input, type: 'close', event: { code: 4002, reason: 'Token expired' } })
        }
        if (nowMs < renewAtMs) return stay()
        // An answer that never came is a refresh that failed.
        return renewing ? later({ action: 'retry' }) : renew()
      }
    }
  }
  const { state: next, effects } = step()
  const { opened, told } = effects
  if (opened) return term(next, opened, effects)
  if (control) {
    switch (told?.type) {
      case 'auth_ok':
        return term(state, told, effects)
      case 'auth_fail':
        return renewing === 'refused' || actionNamed(told.action, 'refresh') !== 'refresh'
          ? later(told, effects)
          : renew(effects, 'refused')
      case 'auth_required':
        return renewing ? stay({}, effects) : renew(effects)
    }
  }
  return { state: next, effects }
}
