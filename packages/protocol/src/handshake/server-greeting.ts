import type { AuthErrorName } from '../wire/error-codes.ts'
import type { Version } from '../wire/messages.ts'
import { parseFirstMessage } from '../wire/parse-client-message.ts'
import { isOver } from './deadlines.ts'
import { farewell } from './farewell.ts'
import { isForeign, renewed, untold } from './server-refresh.ts'
import type { LiveState, ServerPolicy, ServerStep, Verdict } from './server-state.ts'
import { welcome } from './welcome.ts'

type Greeting = LiveState & { readonly greeting: Version }

/** True while the token of such a first message is being verified. */
export function isGreeting(state: LiveState): state is Greeting {
  return typeof state.greeting === 'number'
}

/**
 * A message on a connection that a cookie let in (PROTOCOL 4.2). A browser sends its cookies whether or not the page means
 * to use them: a page that has a token presents it first and waits for the answer. Anything else is the application's, and
 * from then on all is.
 */
export function onGreeting(
  policy: ServerPolicy,
  state: LiveState,
  text: string | undefined,
  nowMs: number,
): ServerStep {
  if (state.greeting === undefined) return { state, effects: [] }
  const parsed = text === undefined ? undefined : parseFirstMessage(text, policy)
  const message = parsed?.ok ? parsed.value : undefined
  if ((parsed && !parsed.ok) || (message && isGreeting(state)))
    return refuseGreeting(state, 'invalid_request')
  if (!message) {
    const next: LiveState = isGreeting(state) ? state : { ...state, greeting: undefined, channel: '' }
    return { state: next, effects: [{ type: 'hold' }, { type: 'release' }] }
  }
  const attempt = state.attempt + 1
  return {
    state: {
      ...state,
      name: 'reauthenticating',
      greeting: message.version,
      refreshByMs: nowMs + policy.deadlineMs,
      revalidateAtMs: state.looking ? nowMs : state.revalidateAtMs,
      looking: undefined,
      attempt,
    },
    effects: [{ type: 'verify', attempt, token: message.token, reason: 'refresh' }],
  }
}

/** What came of verifying it: the same user has that token's term and version now; anybody else is refused. */
export function endGreeting(
  policy: ServerPolicy,
  state: Greeting,
  verdict: Verdict,
  nowMs: number,
): ServerStep {
  if (!verdict.ok) return refuseGreeting(state, untold(verdict.error), verdict.retryAfterMs)
  const { grant } = verdict
  if (isForeign(state.subject, grant.subject)) return refuseGreeting(state, 'access_denied')
  if (isOver(grant)) return refuseGreeting(state, 'invalid_token')
  const { greeting: version, channel } = state
  return {
    state: renewed(policy, state, version, grant, nowMs),
    effects: [
      { type: 'renew', grant, refreshed: true },
      { type: 'send', text: welcome(policy, version, channel, grant) },
    ],
  }
}

/** The credential that the client chose was refused: the one that came by itself does not stand in for it. */
export function refuseGreeting(state: LiveState, error: AuthErrorName, retryAfterMs?: number): ServerStep {
  const version = isGreeting(state) ? state.greeting : 1
  return { state: { name: 'closed' }, effects: farewell(error, version, retryAfterMs) }
}
