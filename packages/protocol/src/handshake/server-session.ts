import { CloseCode } from '../wire/close-codes.ts'
import type { AuthErrorName } from '../wire/error-codes.ts'
import type { AuthRequiredReason } from '../wire/messages.ts'
import { parseClientControl } from '../wire/parse-client-message.ts'
import { livesUntil } from './deadlines.ts'
import { endGreeting, isGreeting, onGreeting, refuseGreeting } from './server-greeting.ts'
import {
  beginRefresh,
  calm,
  endLook,
  endRefresh,
  hangUp,
  lookAt,
  refuseRefresh,
  say,
  termOf,
} from './server-refresh.ts'
import type {
  Grant,
  LiveState,
  Opening,
  ServerEffect,
  ServerInput,
  ServerPolicy,
  ServerStep,
  Verdict,
} from './server-state.ts'

const never = Number.POSITIVE_INFINITY
/** How a connection is told that the token it was asked for did not come in time. */
const overdue: Readonly<Record<AuthRequiredReason, AuthErrorName>> = {
  expiring: 'token_expired',
  revoked: 'session_revoked',
  step_up: 'timeout',
}

/** A live session under a grant that was given just now. */
export function sessionOf(
  policy: ServerPolicy,
  { version, channel }: Pick<Opening, 'version' | 'channel'>,
  grant: Grant,
  nowMs: number,
  mayGreet = false,
): Extract<LiveState, { name: 'authenticated' }> {
  const { subject, endsAtMs, noticeAtMs } = termOf(version, grant, nowMs)
  // One literal and no spread: each connection keeps one of these.
  const session = {
    name: 'authenticated',
    version,
    // Nothing is control to a client of version 0, so its channel need not be kept.
    channel: version === 1 || mayGreet ? channel : '',
    sinceMs: nowMs,
    subject,
    endsAtMs,
    noticeAtMs,
    heartbeatAtMs: nowMs + policy.heartbeatMs,
    // Nobody's credential cannot be looked at again.
    revalidateAtMs: subject.anonymous ? undefined : lookAt(policy, nowMs),
    attempt: 1,
  } as const
  return mayGreet ? { ...session, greeting: 'possible' } : session
}

/** One transition of a live connection (PROTOCOL 5). */
export function stepSession(policy: ServerPolicy, state: LiveState, input: ServerInput): ServerStep {
  const { nowMs } = input
  if (input.type === 'closed') return { state: { name: 'closed' }, effects: [] }
  // PROTOCOL 5.7: an end that has come counts before whatever else this input would have done.
  if (nowMs >= livesUntil(state)) {
    const { requiredByMs = never, requiredReason = 'expiring', endsAtMs } = state
    return hangUp(requiredByMs < endsAtMs ? overdue[requiredReason] : 'token_expired')
  }
  switch (input.type) {
    case 'message':
      return onGreeting(policy, state, input.text, nowMs)
    case 'control':
      return onControl(policy, state, input.text, nowMs)
    case 'verdict':
      return onVerdict(policy, state, input.attempt, input.verdict, nowMs)
    case 'due':
      return onDue(policy, state, input)
    case 'revoke':
      return onRevoke(state, nowMs, input.marginMs)
    case 'require':
      return requireToken(state, input.reason, nowMs, input.deadlineMs)
    case 'drain': {
      const { retryAfterMs } = input
      // PROTOCOL 5.6: told twice, it goes at the earlier time, and the client waits as long as it was told last.
      const drainAtMs = Math.min(state.drainAtMs ?? never, nowMs + input.inMs)
      const next = { ...state, drainAtMs, drainRetryAfterMs: retryAfterMs }
      return { state: next, effects: say(state, { type: 'going_away', retryAfterMs }) }
    }
    case 'refuse':
      return hangUp(input.error, input.retryAfterMs)
  }
}

function onControl(policy: ServerPolicy, state: LiveState, text: string, nowMs: number): ServerStep {
  // PROTOCOL 5.1: version 0 has no control.
  if (state.version === 0) return { state, effects: [] }
  const parsed = parseClientControl(text)
  if (!parsed.ok) {
    return {
      state: { name: 'closed' },
      effects: [{ type: 'close', code: CloseCode.protocolError, reason: 'Protocol error' }],
    }
  }
  return parsed.value ? beginRefresh(policy, state, parsed.value.token, nowMs) : { state, effects: [] }
}

function onVerdict(
  policy: ServerPolicy,
  state: LiveState,
  attempt: number,
  verdict: Verdict,
  nowMs: number,
): ServerStep {
  if (attempt !== state.attempt) return { state, effects: [] }
  if (isGreeting(state)) return endGreeting(policy, state, verdict, nowMs)
  if (state.name === 'reauthenticating') return endRefresh(policy, calm(state), verdict, nowMs)
  return state.looking ? endLook(state, verdict, nowMs) : { state, effects: [] }
}

function onDue(
  policy: ServerPolicy,
  state: LiveState,
  input: Extract<ServerInput, { type: 'due' }>,
): ServerStep {
  const { nowMs, sentAtMs } = input
  const { heartbeatMs } = policy
  const heardAtMs = Math.max(input.heardAtMs, state.sinceMs)
  if (hasCome(state.drainAtMs, nowMs)) return hangUp('service_restart', state.drainRetryAfterMs)
  let next: LiveState = state
  const effects: ServerEffect[] = []
  if (hasCome(state.refreshByMs, nowMs)) {
    if (isGreeting(state)) return refuseGreeting(state, 'temporarily_unavailable')
    const given = refuseRefresh(calm(next), 'temporarily_unavailable')
    next = calm(next)
    effects.push(...given.effects)
  }
  if (hasCome(state.noticeAtMs, nowMs)) {
    next = { ...next, noticeAtMs: undefined }
    const deadlineMs = state.endsAtMs - nowMs
    effects.push(...say(state, { type: 'auth_required', deadlineMs, reason: 'expiring' }))
  }
  // Not beside a refresh, whose verdict will be newer.
  if (hasCome(state.revalidateAtMs, nowMs) && next.name === 'authenticated') {
    const attempt = next.attempt + 1
    next = { ...next, attempt, looking: true, revalidateAtMs: lookAt(policy, nowMs) }
    effects.push({ type: 'revalidate', attempt })
  }
  if (nowMs >= state.heartbeatAtMs) {
    // PROTOCOL 5.5. Each comparison is with the very sum that the next due time is made of: no rounding can make it now.
    if (nowMs >= heardAtMs + 2 * heartbeatMs) {
      return { state: { name: 'closed' }, effects: [{ type: 'terminate' }] }
    }
    const mute = nowMs >= sentAtMs + heartbeatMs
    const silent = nowMs >= heardAtMs + heartbeatMs
    if (mute) effects.push(...say(state, { type: 'ping' }))
    if (silent) effects.push({ type: 'ping' })
    const speakAtMs = mute ? nowMs + heartbeatMs : sentAtMs + heartbeatMs
    const listenAtMs = heardAtMs + (silent ? 2 : 1) * heartbeatMs
    next = { ...next, heartbeatAtMs: Math.min(speakAtMs, listenAtMs) }
  }
  return { state: next, effects }
}

function hasCome(atMs: number | undefined, nowMs: number): boolean {
  return atMs !== undefined && nowMs >= atMs
}

function onRevoke(state: LiveState, nowMs: number, marginMs: number): ServerStep {
  // Version 0 has no way to present another token.
  if (state.version === 0 || !(marginMs > 0)) return hangUp('session_revoked')
  if (state.name === 'authenticated') return requireToken(state, 'revoked', nowMs, marginMs)
  // The token that is being verified may be one of those revoked, looked up too early: it is asked for again.
  const given = refuseRefresh(calm(state), 'temporarily_unavailable')
  const asked = requireToken(calm(state), 'revoked', nowMs, marginMs)
  return { state: asked.state, effects: [...given.effects, ...asked.effects] }
}

/** Of several such demands the earliest counts, and it is told by its own reason. */
function requireToken(
  state: LiveState,
  reason: AuthRequiredReason,
  nowMs: number,
  deadlineMs: number,
): ServerStep {
  const byMs = nowMs + deadlineMs
  const { requiredByMs = never, requiredReason = reason } = state
  // A time that is none is no demand either.
  if (!(byMs < requiredByMs)) {
    const told = { deadlineMs: requiredByMs - nowMs, reason: requiredReason }
    return { state, effects: say(state, { type: 'auth_required', ...told }) }
  }
  const next = { ...state, requiredByMs: byMs, requiredReason: reason }
  return { state: next, effects: say(state, { type: 'auth_required', deadlineMs, reason }) }
}
