import { CloseCode } from '../wire/close-codes.ts'
import { type AuthErrorName, failures } from '../wire/error-codes.ts'
import type { ServerControl } from '../wire/messages.ts'
import { parseClientControl } from '../wire/parse-client-message.ts'
import { failureReason, serializeControl } from '../wire/serialize-message.ts'
import { noticeAt } from './deadlines.ts'
import type {
  Grant,
  Opening,
  ServerEffect,
  ServerInput,
  ServerPolicy,
  ServerState,
  ServerStep,
  Session,
  Verdict,
} from './server-state.ts'

const never = Number.POSITIVE_INFINITY
const refreshWindowMs = 60_000

/** A live session under a grant that was given just now. */
export function sessionOf(
  policy: ServerPolicy,
  opening: Pick<Opening, 'version' | 'channel'>,
  grant: Grant,
  nowMs: number,
): Session {
  return {
    version: opening.version,
    channel: opening.channel,
    ...termOf(opening.version, grant, nowMs),
    requiredByMs: never,
    requiredReason: 'expiring',
    drainAtMs: never,
    drainRetryAfterMs: 0,
    heartbeatAtMs: nowMs + policy.heartbeatMs,
    revalidateAtMs: nowMs + policy.revalidateMs,
    refreshes: 0,
    refreshWindowAtMs: nowMs,
    attempt: 1,
  }
}

/** The part of a session that its credential decides. */
function termOf(
  version: 0 | 1,
  grant: Grant,
  nowMs: number,
): Pick<Session, 'grant' | 'endsAtMs' | 'noticeAtMs'> {
  const { expiresInMs, leewayMs = 0 } = grant
  if (expiresInMs === undefined) return { grant, endsAtMs: never, noticeAtMs: never }
  return {
    grant,
    endsAtMs: nowMs + expiresInMs + leewayMs,
    noticeAtMs: version === 1 ? noticeAt(nowMs, expiresInMs) : never,
  }
}

export type LiveState = Extract<ServerState, { name: 'authenticated' | 'reauthenticating' }>

/** One transition of a live connection (PROTOCOL 5). */
export function stepSession(policy: ServerPolicy, state: LiveState, input: ServerInput): ServerStep {
  if (input.type === 'closed') return { state: { name: 'closed' }, effects: [] }
  // PROTOCOL 5.7: the end comes before whatever else this input would have done.
  if (input.nowMs >= state.endsAtMs) return close('token_expired')
  switch (input.type) {
    case 'message':
      return { state, effects: [] }
    case 'control':
      return onControl(policy, state, input.text, input.nowMs)
    case 'verdict':
      return input.attempt === state.attempt
        ? onVerdict(policy, state, input.verdict, input.nowMs)
        : { state, effects: [] }
    case 'due':
      return onDue(policy, state, input)
    case 'revoke':
      return state.version === 1 && input.marginMs > 0
        ? requireToken(state, 'revoked', input.nowMs, input.marginMs)
        : close('session_revoked')
    case 'require':
      return requireToken(state, input.reason, input.nowMs, input.deadlineMs)
    case 'drain': {
      const { retryAfterMs } = input
      const next = { ...state, drainAtMs: input.nowMs + input.inMs, drainRetryAfterMs: retryAfterMs }
      return { state: next, effects: say(state, { type: 'going_away', retryAfterMs }) }
    }
    case 'refuse':
      return close(input.error, input.retryAfterMs)
  }
}

function onControl(policy: ServerPolicy, state: LiveState, text: string, nowMs: number): ServerStep {
  const parsed = parseClientControl(text)
  if (!parsed.ok) {
    return {
      state: { name: 'closed' },
      effects: [{ type: 'close', code: CloseCode.protocolError, reason: 'Protocol error' }],
    }
  }
  if (!parsed.value) return { state, effects: [] }
  const fresh = nowMs - state.refreshWindowAtMs >= refreshWindowMs
  const refreshWindowAtMs = fresh ? nowMs : state.refreshWindowAtMs
  const refreshes = fresh ? 1 : state.refreshes + 1
  // PROTOCOL 5.3: one at a time, and so many a minute.
  if (state.name === 'reauthenticating' || refreshes > policy.refreshesPerMinute) {
    return refuseRefresh(state, 'slow_down', Math.max(1_000, refreshWindowAtMs + refreshWindowMs - nowMs))
  }
  const attempt = state.attempt + 1
  return {
    state: { ...state, name: 'reauthenticating', refreshes, refreshWindowAtMs, attempt },
    effects: [{ type: 'verify', attempt, token: parsed.value.token, reason: 'refresh' }],
  }
}

function onVerdict(policy: ServerPolicy, state: LiveState, verdict: Verdict, nowMs: number): ServerStep {
  const refreshing = state.name === 'reauthenticating'
  const calm: LiveState = { ...state, name: 'authenticated' }
  if (!verdict.ok) {
    if (refreshing) return refuseRefresh(calm, verdict.error, verdict.retryAfterMs)
    // A look that could not be had ends nothing: the credential's own end still stands.
    if (verdict.error === 'temporarily_unavailable') return { state, effects: [] }
    return close(verdict.error === 'invalid_token' ? 'session_revoked' : verdict.error)
  }
  const { grant } = verdict
  const old = state.grant
  const foreign = !old.anonymous && (grant.userId !== old.userId || grant.issuer !== old.issuer)
  if (foreign) return refreshing ? refuseRefresh(calm, 'access_denied') : close('session_revoked')
  if (!refreshing) {
    const term = termOf(state.version, grant, nowMs)
    // The same end looked at again is not announced again.
    const same = Math.abs(term.endsAtMs - state.endsAtMs) < 1_000
    return {
      state: { ...state, ...(same ? { grant } : term) },
      effects: [{ type: 'renew', grant, refreshed: false }],
    }
  }
  const older = (grant.issuedAtMs ?? never) < (old.issuedAtMs ?? 0)
  const over = (grant.expiresInMs ?? 0) + (grant.leewayMs ?? 0) < 0
  if (older || over) return refuseRefresh(calm, 'invalid_token')
  const expiresInMs =
    grant.expiresInMs === undefined ? {} : { expiresInMs: Math.max(0, Math.floor(grant.expiresInMs)) }
  const next: LiveState = {
    ...calm,
    ...termOf(state.version, grant, nowMs),
    requiredByMs: never,
    revalidateAtMs: nowMs + policy.revalidateMs,
  }
  return {
    state: next,
    effects: [
      { type: 'renew', grant, refreshed: true },
      ...say(state, { type: 'auth_ok', version: 1, ...expiresInMs }),
    ],
  }
}

function onDue(
  policy: ServerPolicy,
  state: LiveState,
  input: Extract<ServerInput, { type: 'due' }>,
): ServerStep {
  const { nowMs, sentAtMs, heardAtMs } = input
  if (nowMs >= state.requiredByMs)
    return close(state.requiredReason === 'revoked' ? 'session_revoked' : 'timeout')
  if (nowMs >= state.drainAtMs) return close('service_restart', state.drainRetryAfterMs)
  let next: LiveState = state
  const effects: ServerEffect[] = []
  if (nowMs >= state.noticeAtMs) {
    next = { ...next, noticeAtMs: never }
    effects.push(
      ...say(state, {
        type: 'auth_required',
        deadlineMs: Math.floor(state.endsAtMs - nowMs),
        reason: 'expiring',
      }),
    )
  }
  if (nowMs >= state.revalidateAtMs) {
    // Not beside a refresh, whose verdict will be newer.
    const attempt = next.name === 'authenticated' ? next.attempt + 1 : next.attempt
    if (attempt > next.attempt) effects.push({ type: 'revalidate', attempt })
    next = { ...next, attempt, revalidateAtMs: nowMs + policy.revalidateMs }
  }
  if (nowMs >= state.heartbeatAtMs) {
    const { heartbeatMs } = policy
    if (nowMs - heardAtMs >= 2 * heartbeatMs)
      return { state: { name: 'closed' }, effects: [{ type: 'terminate' }] }
    if (nowMs - sentAtMs >= heartbeatMs) effects.push(...say(state, { type: 'ping' }))
    if (nowMs - heardAtMs >= heartbeatMs) effects.push({ type: 'ping' })
    const heartbeatAtMs = Math.min(
      nowMs - sentAtMs >= heartbeatMs ? nowMs + heartbeatMs : sentAtMs + heartbeatMs,
      nowMs - heardAtMs >= heartbeatMs ? heardAtMs + 2 * heartbeatMs : heardAtMs + heartbeatMs,
    )
    next = { ...next, heartbeatAtMs }
  }
  return { state: next, effects }
}

function requireToken(
  state: LiveState,
  reason: Session['requiredReason'],
  nowMs: number,
  deadlineMs: number,
): ServerStep {
  const requiredByMs = Math.min(state.requiredByMs, nowMs + deadlineMs)
  const next = { ...state, requiredByMs, requiredReason: reason }
  return { state: next, effects: say(state, { type: 'auth_required', deadlineMs, reason }) }
}

function refuseRefresh(state: LiveState, error: AuthErrorName, retryAfterMs?: number): ServerStep {
  const { action } = failures[error]
  const after = retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) }
  return {
    state,
    effects: [
      ...say(state, { type: 'auth_fail', error, action, ...after }),
      { type: 'refresh-refused', error },
    ],
  }
}

function say(state: Session, message: ServerControl): readonly ServerEffect[] {
  return state.version === 1 ? [{ type: 'send', text: serializeControl(state.channel, message) }] : []
}

function close(error: AuthErrorName, retryAfterMs?: number): ServerStep {
  const code = failures[error].closeCode
  return {
    state: { name: 'closed' },
    effects: [{ type: 'close', code, reason: failureReason(error, retryAfterMs), error }],
  }
}
