import { actionNamed } from '../wire/close-codes.ts'
import { believedMs } from '../wire/close-reason.ts'
import { numberOr } from '../wire/parse-server-message.ts'
import { serializeRefresh } from '../wire/serialize-message.ts'
import { backoffMs } from './backoff.ts'
import { type ClientPolicy, never, stepConnection } from './client.ts'
import type {
  ClientEffects,
  ClientInput,
  ClientState,
  ClientStep,
  Ending,
  TokenReason,
} from './client-state.ts'

/** One transition of a connection that is kept authenticated: refreshed ahead of its end (PROTOCOL 5). */
export function stepClient(policy: ClientPolicy, state: ClientState, input: ClientInput): ClientStep {
  // The server forgives about this much at the end, and may still take a refresh; a client that is later than that was asleep.
  const leewayMs = 5_000
  // Between two refreshes, whatever the server names or demands.
  const restMs = 1_000
  const { nowMs, share, token } = input
  const { control, renewing, failures = 0, renewAtMs = never, restsUntilMs = 0, owed = 0, barred } = state
  const step = stepConnection(policy, state, input)
  const [next, effects] = step

  const stay = (members: Partial<ClientState>, more?: ClientEffects): ClientStep => [
    { ...next, ...members },
    { ...effects, ...more },
  ]
  /** A newer token is on its way. */
  const renew = (fetchToken: TokenReason = 'refresh') =>
    stay(
      { renewing: fetchToken, renewAtMs: nowMs + policy.tokenTimeoutMs, restsUntilMs: nowMs + restMs },
      { fetchToken },
    )
  /** A refresh that failed: tried again with backoff where that may help. */
  const later = ({ action, retryAfterMs }: Ending) => {
    const inMs = backoffMs(failures, share, {}, believedMs(retryAfterMs))
    return stay({
      renewing: undefined,
      renewAtMs: action === 'retry' ? nowMs + inMs : never,
      failures: failures + 1,
      barred: effects.told && action === 'stop' ? token : barred,
    })
  }

  if (policy.renews && next.name === 'open') {
    const told = effects.opened ?? effects.told
    switch (input.type) {
      case 'token':
        if (token === barred) return later({})
        // One that comes late is still good.
        return stay(
          { renewAtMs: nowMs + policy.authTimeoutMs, owed: owed + 1 },
          { send: serializeRefresh(token, control) },
        )
      case 'token-failed':
        return later(input.event)
      case 'refresh':
        // Without control it could not be presented here.
        if (control && !renewing) return renew()
        break
      case 'due':
        // An answer that never came is a refresh that failed.
        if (nowMs >= renewAtMs) return renewing ? later({ action: 'retry' }) : renew()
    }
    switch (told?.type) {
      case 'auth_ok': {
        const lifeMs = numberOr(next.control && told?.expiresInMs, never)
        return stay({
          renewing: undefined,
          failures: 0,
          endsAtMs: nowMs + lifeMs,
          byMs: nowMs + lifeMs + leewayMs,
          // Between 70 and 85 % of its life, at a share of its own.
          renewAtMs: Math.max(restsUntilMs, nowMs + lifeMs * (0.7 + 0.15 * share)),
        })
      }
      case 'auth_fail':
        return renewing === 'refused' || actionNamed(told?.action, 'refresh') !== 'refresh'
          ? later(told as Ending)
          : renew('refused')
      case 'auth_required':
        if (renewing) break
        return nowMs < restsUntilMs ? stay({ renewAtMs: restsUntilMs }) : renew()
    }
  }
  return step
}
