import { type AuthErrorName, failures } from '../wire/error-codes.ts'
import type { ServerControl, Version } from '../wire/messages.ts'
import { failureReason, serializeControl } from '../wire/serialize-message.ts'
import { isOver, noticeAt } from './deadlines.ts'
import type {
  Grant,
  LiveState,
  ServerEffect,
  ServerPolicy,
  ServerStep,
  Session,
  Subject,
  Verdict,
} from './server-state.ts'

const never = Number.POSITIVE_INFINITY
const minuteMs = 60_000

/** The part of a session that its credential decides. */
export function termOf(
  version: 0 | 1,
  grant: Grant,
  nowMs: number,
): Pick<Session, 'subject' | 'endsAtMs' | 'noticeAtMs'> {
  const { subject, expiresInMs, leewayMs = 0 } = grant
  if (expiresInMs === undefined) return { subject, endsAtMs: never, noticeAtMs: undefined }
  return {
    subject,
    endsAtMs: nowMs + expiresInMs + leewayMs,
    noticeAtMs: version === 1 ? noticeAt(nowMs, expiresInMs) : undefined,
  }
}

/** A client presents a newer token on its live connection (PROTOCOL 5.3). */
export function beginRefresh(
  policy: ServerPolicy,
  state: LiveState,
  token: Extract<ServerEffect, { type: 'verify' }>['token'],
  nowMs: number,
): ServerStep {
  const recent = (state.refreshesAtMs ?? []).filter((atMs) => nowMs < atMs + minuteMs)
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
      // Not a spread: V8 leaves room for sixteen more.
      refreshesAtMs: recent.concat(nowMs),
      // A look that was under way is owed again if the refresh fails: a client cannot dodge it with bad tokens.
      revalidateAtMs: state.looking ? nowMs : state.revalidateAtMs,
      looking: undefined,
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
  const old = state.subject
  if (isForeign(old, grant.subject)) return refuseRefresh(state, 'access_denied')
  const older = (grant.subject.issuedAt ?? never) < (old.issuedAt ?? 0)
  if (older || isOver(grant)) return refuseRefresh(state, 'invalid_token')
  return {
    state: renewed(policy, state, state.version, grant, nowMs),
    effects: [{ type: 'renew', grant, refreshed: true }, ...say(state, news(grant, old))],
  }
}

/** The session under a newer grant, without what was asked of it; in the shape of those that never had another. */
export function renewed(
  policy: ServerPolicy,
  { channel, sinceMs, heartbeatAtMs, attempt, refreshesAtMs, drainAtMs, drainRetryAfterMs }: LiveState,
  version: Version,
  grant: Grant,
  nowMs: number,
): LiveState {
  const { subject, endsAtMs, noticeAtMs } = termOf(version, grant, nowMs)
  const session = {
    name: 'authenticated',
    version,
    channel: version === 1 ? channel : '',
    sinceMs,
    subject,
    endsAtMs,
    noticeAtMs,
    heartbeatAtMs,
    revalidateAtMs: lookAt(policy, nowMs),
    attempt,
  } as const
  const pressed = drainAtMs === undefined ? session : { ...session, drainAtMs, drainRetryAfterMs }
  return refreshesAtMs ? { ...pressed, refreshesAtMs } : pressed
}

/** What came of another look at the credential of a live session (PROTOCOL 5.8). */
export function endLook(state: LiveState, verdict: Verdict, nowMs: number): ServerStep {
  const next: LiveState = { ...state, looking: undefined }
  if (!verdict.ok) {
    // A look that could not be had ends nothing: the credential's own end still stands.
    if (failures[verdict.error].action === 'retry') return { state: next, effects: [] }
    return hangUp(verdict.error === 'invalid_token' ? 'session_revoked' : verdict.error)
  }
  const { grant } = verdict
  if (isForeign(state.subject, grant.subject)) return hangUp('session_revoked')
  if (isOver(grant)) return hangUp('token_expired')
  const term = termOf(state.version, grant, nowMs)
  const effects: readonly ServerEffect[] = [{ type: 'renew', grant, refreshed: false }]
  // The same end looked at again is not announced again, nor moved back by the roundness of the verifier's clock.
  if (Math.abs(term.endsAtMs - state.endsAtMs) >= 1_000) return { state: { ...next, ...term }, effects }
  return {
    state: { ...next, subject: grant.subject, endsAtMs: Math.min(term.endsAtMs, state.endsAtMs) },
    effects,
  }
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
  return { ...state, name: 'authenticated', refreshByMs: undefined }
}

/** When a session is looked at again; not where the verifier offers no such look. */
export function lookAt({ revalidateMs }: ServerPolicy, nowMs: number): number | undefined {
  return Number.isFinite(revalidateMs) ? nowMs + revalidateMs : undefined
}

/** What a refresh has changed: who it is where that was nobody, and the end. */
function news({ subject, expiresInMs }: Grant, old: Subject): ServerControl {
  return {
    type: 'auth_ok',
    version: 1,
    ...(old.anonymous ? { userId: subject.userId } : {}),
    ...(expiresInMs === undefined ? {} : { expiresInMs }),
  }
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
export function isForeign(old: Subject, subject: Subject): boolean {
  return !old.anonymous && (subject.userId !== old.userId || subject.issuer !== old.issuer)
}
