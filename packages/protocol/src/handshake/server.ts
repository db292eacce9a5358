import { type AuthErrorName, failures } from '../wire/error-codes.ts'
import type { Version } from '../wire/messages.ts'
import { parseFirstMessage } from '../wire/parse-client-message.ts'
import { isOver, livesUntil, sessionDueAt } from './deadlines.ts'
import { farewell } from './farewell.ts'
import { untold } from './server-refresh.ts'
import { sessionOf, stepSession } from './server-session.ts'
import type {
  Finding,
  Grant,
  Opening,
  OpeningState,
  ServerEffect,
  ServerInput,
  ServerPolicy,
  ServerState,
  ServerStep,
  Subject,
  Verdict,
} from './server-state.ts'
import { welcome } from './welcome.ts'

const closed: ServerState = { name: 'closed' }
const nobody: Subject = { userId: '', anonymous: true }

/** What an upgrade request brings along; `channel` is 16 random base64url characters. */
export interface UpgradeOpening {
  readonly nowMs: number
  /** 1 where the request offers `wsauth.v1`. */
  readonly version: Version
  readonly channel: string
  /** What an anonymous session is called; default the channel, which others are better not told. */
  readonly sessionId?: string
  readonly finding: Finding
}

/** The first transition: an upgrade request that is a WebSocket handshake in every other respect (PROTOCOL 4). */
export function openServer(
  policy: ServerPolicy,
  { nowMs, version, channel, sessionId = channel, finding }: UpgradeOpening,
): ServerStep {
  const deadlineAtMs = nowMs + policy.deadlineMs
  const opening: Opening = { version, channel, sessionId, deadlineAtMs }
  switch (finding.type) {
    case 'refused':
      return refuseUpgrade(policy, opening, finding.error, finding.retryAfterMs, finding.origin)
    case 'credential': {
      const { ambient, token } = finding
      return {
        state: { name: 'upgrading', version, channel, sessionId, deadlineAtMs, ambient },
        effects: [{ type: 'verify', attempt: 1, token, reason: 'connect' }],
      }
    }
    case 'none':
      if (policy.allowAnonymous && (version === 1 || !policy.firstMessage)) {
        return admit(policy, opening, { subject: nobody, sessionId }, nowMs, true, [{ type: 'accept' }])
      }
      if (!policy.firstMessage) return refuseUpgrade(policy, opening, 'invalid_token')
      return {
        state: { name: 'awaiting-credential', version, channel, sessionId, deadlineAtMs, messages: 0 },
        effects: [{ type: 'accept' }],
      }
  }
}

/** One transition of a connection's server side: what it becomes, and what is to be done (PROTOCOL 3 to 6). */
export function stepServer(policy: ServerPolicy, state: ServerState, input: ServerInput): ServerStep {
  switch (state.name) {
    case 'closed':
      return stay(state)
    case 'authenticated':
    case 'reauthenticating':
      return stepSession(policy, state, input)
    case 'upgrading':
    case 'awaiting-credential':
    case 'verifying':
      return stepOpening(policy, state, input)
  }
}

/** When a `due` input is owed, on the monotonic clock; `Infinity` for never. */
export function serverDueAt(state: ServerState): number {
  switch (state.name) {
    case 'closed':
      return Number.POSITIVE_INFINITY
    case 'authenticated':
    case 'reauthenticating':
      return sessionDueAt(state)
    case 'upgrading':
    case 'awaiting-credential':
    case 'verifying':
      return state.deadlineAtMs
  }
}

/**
 * True where a message of the application may pass, in or out: looked at for each, since a timer may be late (P1, P3).
 * What came before `admit` never passes by this; see the effects `hold` and `release`.
 */
export function mayDeliver(state: ServerState, nowMs: number): boolean {
  return (state.name === 'authenticated' || state.name === 'reauthenticating') && nowMs < livesUntil(state)
}

function stepOpening(policy: ServerPolicy, state: OpeningState, input: ServerInput): ServerStep {
  if (input.type === 'closed') return { state: closed, effects: [] }
  // PROTOCOL 2.2: the deadline counts before whatever else came, so that neither traffic nor a slow verifier stretches it.
  if (input.nowMs >= state.deadlineAtMs) return refuse(policy, state, lateness(state))
  switch (input.type) {
    case 'message':
      return onMessage(policy, state, input.text, input.nowMs)
    case 'verdict':
      return onVerdict(policy, state, input.verdict, input.nowMs)
    case 'refuse':
      return refuse(policy, state, input.error, input.retryAfterMs)
    case 'revoke':
      // A credential that is still being verified meets the revocation there.
      return stay(state)
    case 'drain':
      return refuse(policy, state, 'service_restart', input.retryAfterMs)
    case 'control':
    case 'due':
    case 'require':
      return stay(state)
  }
}

/**
 * Who offers `wsauth.v1` relies on a credential of the handshake: where none came, and no first message either, the page
 * is not late but signed out, and would come back for ever after a *retry* (PROTOCOL 4.1).
 */
function lateness({ name, version }: OpeningState): AuthErrorName {
  return name === 'awaiting-credential' && version === 1 ? 'invalid_token' : 'timeout'
}

function onMessage(
  policy: ServerPolicy,
  state: OpeningState,
  text: string | undefined,
  nowMs: number,
): ServerStep {
  if (state.name === 'upgrading') return stay(state)
  const messages = state.messages + 1
  if (messages > policy.preAuthMessages) return refuse(policy, state, 'policy_violation')
  const parsed = text === undefined ? undefined : parseFirstMessage(text, policy)
  if (parsed && !parsed.ok) return refuse(policy, state, 'invalid_request')
  const message = parsed?.value
  if (state.name === 'verifying') {
    // PROTOCOL 3.5: what follows the credential waits; a second credential does not.
    if (message) return refuse(policy, state, 'invalid_request')
    return { state: { ...state, messages }, effects: [{ type: 'hold' }] }
  }
  if (!message) return { state: { ...state, messages }, effects: [] }
  const version = message.version || state.version
  if (policy.allowAnonymous && message.token.reveal() === '') {
    const grant = { subject: nobody, sessionId: state.sessionId }
    return admit(policy, { ...state, version }, grant, nowMs, false, [])
  }
  return {
    state: { ...state, name: 'verifying', version, messages },
    effects: [{ type: 'verify', attempt: 1, token: message.token, reason: 'connect' }],
  }
}

function onVerdict(policy: ServerPolicy, state: OpeningState, verdict: Verdict, nowMs: number): ServerStep {
  if (state.name === 'awaiting-credential') return stay(state)
  const upgrading = state.name === 'upgrading'
  if (verdict.ok) {
    const { grant } = verdict
    if (isOver(grant)) return refuse(policy, state, 'invalid_token')
    if (!upgrading) return admit(policy, state, grant, nowMs, false, [])
    return admit(policy, state, grant, nowMs, true, [{ type: 'accept' }], state.ambient)
  }
  // PROTOCOL 4.2: a cookie comes by itself, so a stale one, or one that too many stale ones came before, does not stop a
  // client that can send a first message; one that offers `wsauth.v1` cannot, and is told.
  const error = untold(verdict.error)
  const isStale = error === 'invalid_token' || (error === 'slow_down' && !verdict.isGood)
  if (upgrading && state.ambient && state.version === 0 && policy.firstMessage && isStale) {
    const { version, channel, sessionId, deadlineAtMs } = state
    return {
      state: { name: 'awaiting-credential', version, channel, sessionId, deadlineAtMs, messages: 0 },
      effects: [{ type: 'accept' }],
    }
  }
  return refuse(policy, state, error, verdict.retryAfterMs)
}

function admit(
  policy: ServerPolicy,
  opening: Opening,
  grant: Grant,
  nowMs: number,
  upgrading: boolean,
  before: readonly ServerEffect[],
  ambient = false,
): ServerStep {
  const { version, channel } = opening
  const effects: ServerEffect[] = [...before]
  // PROTOCOL 4.3: a client that brought its credential in the handshake and did not offer `wsauth.v1` is told nothing.
  if (version === 1 || !upgrading) {
    effects.push({ type: 'send', text: welcome(policy, version, channel, grant) })
  }
  effects.push({ type: 'admit', grant })
  if (!upgrading) effects.push({ type: 'release' })
  // PROTOCOL 4.2: the client knows nothing of its cookie, and may have a token that it means to present.
  const mayGreet = ambient && version === 0 && policy.firstMessage
  return { state: sessionOf(policy, opening, grant, nowMs, mayGreet), effects }
}

function refuse(
  policy: ServerPolicy,
  state: OpeningState,
  error: AuthErrorName,
  retryAfterMs?: number,
): ServerStep {
  if (state.name === 'upgrading') return refuseUpgrade(policy, state, error, retryAfterMs)
  // PROTOCOL 3.3: told in full unless the client has said that it speaks version 0.
  const version = state.name === 'verifying' ? state.version : 1
  return { state: closed, effects: [...farewell(error, version, retryAfterMs)] }
}

function refuseUpgrade(
  policy: ServerPolicy,
  { version }: Opening,
  error: AuthErrorName,
  retryAfterMs?: number,
  origin = false,
): ServerStep {
  const after = retryAfterMs === undefined ? {} : { retryAfterMs }
  const overHttp = policy.reject === 'http' || (policy.reject === 'auto' && (version === 0 || origin))
  if (overHttp && failures[error].httpStatus)
    return { state: closed, effects: [{ type: 'reject', error, ...after }] }
  const told = farewell(error, version, retryAfterMs)
  // PROTOCOL 4.3: without the offer the Close frame is all that is said.
  return { state: closed, effects: [{ type: 'accept' }, ...(version === 1 ? told : told.slice(-1))] }
}

function stay(state: ServerState): ServerStep {
  return { state, effects: [] }
}
