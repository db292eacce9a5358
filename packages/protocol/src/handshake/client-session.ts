import { actionNamed } from '../wire/close-codes.ts'
import { believedMs } from '../wire/close-reason.ts'
import type { ServerMessage } from '../wire/messages.ts'
import { serializeAuth } from '../wire/serialize-message.ts'
import { backoffMs, defaultBackoff } from './backoff.ts'
import { type ClientPolicy, end, go, stepConnection } from './client.ts'
import type { ClientInput, ClientState, ClientStep, Ending } from './client-state.ts'
import { refreshAt } from './deadlines.ts'

const never = Number.POSITIVE_INFINITY
/** The server forgives about this much at the end; a client that is later than that was asleep. */
const leewayMs = 5_000

/** One transition of a connection that is kept authenticated: refreshed ahead of its end and given up when silent (PROTOCOL 5). */
export function stepClient(policy: ClientPolicy, state: ClientState, input: ClientInput): ClientStep {
  const { type, nowMs } = input
  if (state.name === 'open') {
    switch (type) {
      case 'token':
        return state.renewing
          ? go(
              { ...state, byMs: nowMs + policy.authTimeoutMs },
              { send: serializeAuth(input.token, 0, state.channel) },
            )
          : go(state)
      case 'token-failed':
        return go(state.renewing ? later(state, nowMs, input) : state)
      case 'refresh':
        return renew(state)
      case 'due':
        return onDue(state, nowMs, input.heardAtMs)
    }
  }
  const step = stepConnection(policy, state, input)
  const { open, told } = step.effects
  return open
    ? go(term(step.state, nowMs, open), step.effects)
    : told && state.name === 'open' && state.channel
      ? onControl(step, nowMs, told)
      : step
}

/** When a `due` input is owed, on the monotonic clock, given when anything last came in; `Infinity` for never. */
export function clientDueAt(
  { name, byMs, endsAtMs, heartbeatMs = never }: ClientState,
  heardAtMs: number,
): number {
  // Once it closes, only the closing itself is waited for.
  return name === 'open' ? Math.min(byMs, endsAtMs + leewayMs, heardAtMs + 2 * heartbeatMs) : byMs
}

function onControl(step: ClientStep, nowMs: number, told: ServerMessage): ClientStep {
  const { state } = step
  switch (told.type) {
    case 'auth_ok':
      return go(term(state, nowMs, told), step.effects)
    case 'auth_fail':
      return state.refused || actionNamed(told.action, 'refresh') !== 'refresh'
        ? go(later(state, nowMs, told), step.effects)
        : go({ ...state, refused: true }, { told, fetchToken: 'refused' })
    case 'auth_required': {
      const { state: next, effects } = renew(state)
      return go(next, { told, ...effects })
    }
  }
  return step
}

function onDue(state: ClientState, nowMs: number, heardAtMs: number): ClientStep {
  const { byMs, endsAtMs, heartbeatMs = never } = state
  if (nowMs >= heardAtMs + 2 * heartbeatMs) return end(state.known, 1006, 'Connection silent')
  if (nowMs >= endsAtMs + leewayMs) return end(state.known, 4002, 'Token expired')
  if (nowMs < byMs) return go(state)
  // An answer that never came is a refresh that failed.
  return state.renewing ? go(later(state, nowMs, { action: 'retry' })) : renew(state)
}

/** A refresh in place: where version 0 is spoken there is none. */
function renew(state: ClientState): ClientStep {
  return state.renewing || !state.channel
    ? go(state)
    : go({ ...state, renewing: true, byMs: never }, { fetchToken: 'refresh' })
}

/** A refresh that failed: tried again with backoff where that may help. */
function later(state: ClientState, nowMs: number, { action, retryAfterMs }: Ending): ClientState {
  const { failures = 0, share } = state
  const inMs = backoffMs(failures, share, defaultBackoff, believedMs(retryAfterMs))
  return {
    ...state,
    renewing: false,
    byMs: action === 'retry' ? nowMs + inMs : never,
    failures: failures + 1,
  }
}

/** The state under a credential that was accepted just now. */
function term(state: ClientState, nowMs: number, message: ServerMessage): ClientState {
  // PROTOCOL 3.2: without a channel there is no control, so no refresh and no heartbeat either.
  const { expiresInMs, heartbeatMs }: ServerMessage = state.channel ? message : {}
  const lifeMs = typeof expiresInMs === 'number' ? expiresInMs : never
  return {
    ...state,
    renewing: false,
    refused: false,
    failures: 0,
    byMs: refreshAt(nowMs, lifeMs, state.share),
    endsAtMs: nowMs + lifeMs,
    heartbeatMs: typeof heartbeatMs === 'number' && heartbeatMs > 0 ? heartbeatMs : state.heartbeatMs,
  }
}
