import { type AuthErrorName, failures } from '../wire/error-codes.ts'
import type { ServerControl } from '../wire/messages.ts'
import { failureReason, serializeControl } from '../wire/serialize-message.ts'
import { isOver, noticeAt } from './deadlines.ts'
import type {
  Grant,
  LiveState,
  ServerEffect,
  ServerPolicy,
  ServerStep,
  Session,
  Verdict,
} from './server-state.ts'

const never = Number.POSITIVE_INFINITY
const minuteMs = 60_000

/** The part of a session that its credential decides. */
export function termOf(
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

/** A client presents a newer token on its live connection (PROTOCOL 5.3). */
export function beginRefresh(
  policy: ServerPolicy,
  state: LiveState,
  token: Extract<ServerEffect, { type: 'verify' }>['token'],
  nowMs: number,
): ServerStep {
  const recent = state.refreshesAtMs.filter((atMs) => nowMs < atMs + minuteMs)
  // One at a time, and so many in any minute.
  if (recent.length >= policy.refreshesPerMinute) {
    const [oldest = nowMs] = recent
    return refuseRefresh(state, 'slow_down', Math.max(1_000, oldest + minuteMs - nowMs))
  }
  if (state.name === 'reauthenticating') return refuseRefresh(state, 'slow_down', 1_000)
  const attempt = state.attempt + 1
  return {
    state: {
      ...state,
      name: 'reauthenticating',
      refreshByMs: nowMs + policy.deadlineMs,
      refreshesAtMs: [...recent, nowMs],
      // A look that was under way is owed again if the refresh fails: a client cannot dodge it with bad tokens.
      revalidateAtMs: state.looking ? nowMs : state.revalidateAtMs,
      looking: false,
      attempt,
    },
    effects: [{ type: 'verify', attempt, token, reason: 'refresh' }],
  }
}

/** What came of verifying a newer token: all of it or nothing changes (PROTOCOL 5.3). */
export function endRefresh(
  policy: ServerPolicy,
  state: LiveState,
  verdict: Verdict,
  nowMs: number,
): ServerStep {
  if (!verdict.ok) return refuseRefresh(state, untold(verdict.error), verdict.retryAfterMs)
  const { grant } = verdict
  const old = state.grant
  if (isForeign(old, grant)) return refuseRefresh(state, 'access_denied')
  const older = (grant.issuedAtMs ?? never) < (old.issuedAtMs ?? 0)
  if (older || isOver(grant)) return refuseRefresh(state, 'invalid_token')
  return {
    state: {
      ...calm(state),
      ...termOf(state.version, grant, nowMs),
      requiredByMs: never,
      revalidateAtMs: nowMs + policy.revalidateMs,
    },
    effects: [
      { type: 'renew', grant, refreshed: true },
      ...say(state, { type: 'auth_ok', version: 1, ...grant }),
    ],
  }
}

/** What came of another look at the credential of a live session (PROTOCOL 5.8). */
export function endLook(state: LiveState, verdict: Verdict, nowMs: number): ServerStep {
  const next: LiveState = { ...state, looking: false }
  if (!verdict.ok) {
    // A look that could not be had ends nothing: the credential's own end still stands.
    if (failures[verdict.error].action === 'retry') return { state: next, effects: [] }
    return hangUp(verdict.error === 'invalid_token' ? 'session_revoked' : verdict.error)
  }
  const { grant } = verdict
  if (isForeign(state.grant, grant)) return hangUp('session_revoked')
  if (isOver(grant)) return hangUp('token_expired')
  const term = termOf(state.version, grant, nowMs)
  const effects: readonly ServerEffect[] = [{ type: 'renew', grant, refreshed: false }]
  // The same end looked at again is not announced again, nor moved back by the roundness of the verifier's clock.
  if (Math.abs(term.endsAtMs - state.endsAtMs) >= 1_000) return { state: { ...next, ...term }, effects }
  return { state: { ...next, grant, endsAtMs: Math.min(term.endsAtMs, state.endsAtMs) }, effects }
}

/** The connection lives on under its old credential, and a look that is owed comes next. */
export function refuseRefresh(state: LiveState, error: AuthErrorName, retryAfterMs?: number): ServerStep {
  const { action } = failures[error]
  const told = say(state, { type: 'auth_fail', error, action, ...(retryAfterMs && { retryAfterMs }) })
  return { state, effects: [...told, { type: 'refresh-refused', error }] }
}

/** Bad, expired and revoked are not told apart to somebody who is not authenticated by that token (PROTOCOL 6.1). */
export function untold(error: AuthErrorName): AuthErrorName {
  return error === 'token_expired' || error === 'session_revoked' ? 'invalid_token' : error
}

/** No refresh is being verified. */
export function calm(state: LiveState): LiveState {
  return { ...state, name: 'authenticated', refreshByMs: never }
}

/** Control, to those who speak version 1. */
export function say(state: Session, message: ServerControl): readonly ServerEffect[] {
  return state.version === 1 ? [{ type: 'send', text: serializeControl(state.channel, message) }] : []
}

/** The end of a live connection, with its code of the failure table. */
export function hangUp(error: AuthErrorName, retryAfterMs?: number): ServerStep {
  const code = failures[error].closeCode
  const reason = failureReason(error, retryAfterMs)
  return { state: { name: 'closed' }, effects: [{ type: 'close', code, reason, error }] }
}

/** Anybody may sign in where nobody was; after that the user stays the user, and the issuer the issuer. */
export function isForeign(old: Grant, grant: Grant): boolean {
  return !old.anonymous && (grant.userId !== old.userId || grant.issuer !== old.issuer)
}
