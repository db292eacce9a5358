import { actionNamed } from '../wire/close-codes.ts'
import { believedMs } from '../wire/close-reason.ts'
import type { ServerMessage } from '../wire/messages.ts'
import { serializeAuth } from '../wire/serialize-message.ts'
import { backoffMs, defaultBackoff } from './backoff.ts'
import { type ClientPolicy, end, go, stepConnection } from './client.ts'
import type { ClientEffects, ClientInput, ClientState, ClientStep, Ending } from './client-state.ts'
import { refreshAt } from './deadlines.ts'

const never = Infinity
/** The server forgives about this much at the end; a client that is later than that was asleep. */
const leewayMs = 5_000

/** One transition of a connection that is kept authenticated: refreshed ahead of its end and given up when silent (PROTOCOL 5). */
export function stepClient(policy: ClientPolicy, state: ClientState, input: ClientInput): ClientStep {
  const { nowMs, heardAtMs, share, token } = input
  const { known, control, renewing, failures = 0, renewAtMs = never } = state

  /** The connection stays open, until the first thing that it waits for. */
  const stay = (next: ClientState, effects?: ClientEffects) => {
    const { renewAtMs = never, endsAtMs = never, heartbeatMs = never } = next
    return go(
      { ...next, byMs: Math.min(renewAtMs, endsAtMs + leewayMs, heardAtMs + 2 * heartbeatMs) },
      effects,
    )
  }
  const ask = (effects: ClientEffects, members?: Partial<ClientState>) =>
    stay({ ...state, renewing: true, renewAtMs: nowMs + policy.tokenTimeoutMs, ...members }, effects)
  /** A refresh in place: where version 0 is spoken there is none. */
  const renew = (effects?: ClientEffects) =>
    renewing || !control ? go(state, effects) : ask({ ...effects, fetchToken: 'refresh' })
  /** A refresh that failed: tried again with backoff where that may help. */
  const later = ({ action, retryAfterMs }: Ending, effects?: ClientEffects) => {
    const inMs = backoffMs(failures, share, defaultBackoff, believedMs(retryAfterMs))
    return stay(
      {
        ...state,
        renewing: false,
        renewAtMs: action === 'retry' ? nowMs + inMs : never,
        failures: failures + 1,
      },
      effects,
    )
  }
  /** Under a credential that was accepted just now. */
  const term = (next: ClientState, message: ServerMessage, effects: ClientEffects) => {
    // PROTOCOL 3.2: without a channel there is no control, so no refresh and no heartbeat either.
    const { expiresInMs, heartbeatMs }: ServerMessage = next.control ? message : {}
    const lifeMs = typeof expiresInMs === 'number' ? expiresInMs : never
    return stay(
      {
        ...next,
        renewing: false,
        refused: false,
        failures: 0,
        renewAtMs: refreshAt(nowMs, lifeMs, share),
        endsAtMs: nowMs + lifeMs,
        heartbeatMs: typeof heartbeatMs === 'number' && heartbeatMs > 0 ? heartbeatMs : next.heartbeatMs,
      },
      effects,
    )
  }

  if (state.name === 'open') {
    switch (input.type) {
      case 'token':
        // One that comes late is still good.
        return ask({ send: serializeAuth(token, 0, control) }, { renewAtMs: nowMs + policy.authTimeoutMs })
      case 'token-failed':
        return later(input.event)
      case 'refresh':
        return renew()
      case 'due': {
        const { endsAtMs = never, heartbeatMs = never } = state
        if (nowMs >= heardAtMs + 2 * heartbeatMs) {
          return end(policy, known, { code: 1006, reason: 'Connection silent' })
        }
        if (nowMs >= endsAtMs + leewayMs) return end(policy, known, { code: 4002, reason: 'Token expired' })
        if (nowMs < renewAtMs) return stay(state)
        // An answer that never came is a refresh that failed.
        return renewing ? later({ action: 'retry' }) : renew()
      }
    }
  }
  const { state: next, effects } = stepConnection(policy, state, input)
  const { opened, told } = effects
  if (opened) return term(next, opened, effects)
  if (control) {
    switch (told?.type) {
      case 'auth_ok':
        return term(state, told, effects)
      case 'auth_fail':
        return state.refused || actionNamed(told.action, 'refresh') !== 'refresh'
          ? later(told, effects)
          : ask({ told, fetchToken: 'refused' }, { refused: true })
      case 'auth_required':
        return renew(effects)
    }
  }
  return { state: next, effects }
}
