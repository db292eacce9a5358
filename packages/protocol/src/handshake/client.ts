import { actionNamed, actionOfClose } from '../wire/close-codes.ts'
import { believedMs, retryAfterOf } from '../wire/close-reason.ts'
import type { Action } from '../wire/error-codes.ts'
import type { ServerMessage, Version } from '../wire/messages.ts'
import { channelOf, parseServerMessage } from '../wire/parse-server-message.ts'
import { controlPrefix, serializeAuth, serializeRefresh } from '../wire/serialize-message.ts'
import { backoffMs } from './backoff.ts'
import type { ClientEffect, ClientInput, ClientState, ClientStep } from './client-state.ts'
import { refreshAt } from './deadlines.ts'

/** The options that the machine decides by; times in milliseconds. */
export interface ClientPolicy {
  readonly version: Version
  /** Where the credential travels: as the first message, as bearer text (which has no answer), or in the handshake. */
  readonly credential: 'message' | 'bearer-text' | 'upgrade'
  readonly connectTimeoutMs: number
  readonly authTimeoutMs: number
  readonly closeTimeoutMs: number
  /** Asked about close codes of the application, 3000 to 4999 outside the failure table. */
  readonly classify?: ((close: { readonly code: number; readonly reason: string }) => Action | undefined) | undefined
}

const never = Number.POSITIVE_INFINITY
/** The server forgives about this much at the end; a client that is later than that was asleep. */
const leewayMs = 5_000

/** A connection that waits for its token. `share`, 0 to 1 and each connection's own, spreads refreshes. */
export function openClient(share: number): ClientState {
  return { name: 'fetching-token', byMs: never, endsAtMs: never, heartbeatMs: never, share, failures: 0 }
}

/** One transition of a connection's client side: what it becomes, and what is to be done (PROTOCOL 3 to 6). */
export function stepClient(policy: ClientPolicy, state: ClientState, input: ClientInput): ClientStep {
  const { name } = state
  const { type, nowMs } = input
  if (name === 'closed') return go(state)
  switch (type) {
    case 'token':
      return onToken(policy, state, nowMs, input.token)
    case 'token-failed':
      if (name === 'fetching-token') return end({ ...state, known: input }, input.action === 'retry' ? 1006 : 4001, 'No token')
      return go(input.action === 'stop' ? renewed(state) : later(state, nowMs, input.retryAfterMs))
    case 'opened':
      return onOpened(policy, state, nowMs)
    case 'message':
      return onMessage(policy, state, nowMs, input.text)
    case 'refresh':
      return renew(state)
    case 'due':
      return onDue(state, nowMs, input.heardAtMs)
    case 'close':
      return name === 'fetching-token'
        ? end(state, 1006, '', 'stop')
        : go({ ...state, name: 'closing', byMs: nowMs + policy.closeTimeoutMs, known: { action: 'stop' } }, { type: 'close' })
    case 'closed': {
      const { code, reason } = input
      // PROTOCOL 6.4: codes of the application are its own to classify.
      const own = code > 2999 && code !== 4029 && (code < 4001 || code > 4004)
      const action = input.action ?? ((own && policy.classify?.(input)) || actionOfClose(code, reason))
      return end(state, code, reason, action, Math.max(believedMs(input.retryAfterMs), retryAfterOf(reason)), input.wasClean)
    }
  }
}

/** When a `due` input is owed, on the monotonic clock, given when anything last came in; `Infinity` for never. */
export function clientDueAt({ byMs, endsAtMs, heartbeatMs }: ClientState, heardAtMs: number): number {
  return Math.min(byMs, endsAtMs + leewayMs, heardAtMs + 2 * heartbeatMs)
}

/** True where a message of the application may be sent now: looked at before each, so that a tab that slept sends nothing stale. */
export function maySend({ name, endsAtMs }: ClientState, nowMs: number): boolean {
  return name === 'open' && nowMs < endsAtMs
}

function onToken(policy: ClientPolicy, state: ClientState, nowMs: number, token: string): ClientStep {
  if (state.name === 'fetching-token') {
    return go({ ...state, name: 'connecting', byMs: nowMs + policy.connectTimeoutMs, token }, { type: 'dial', token })
  }
  return state.renewing ? go(state, { type: 'send', text: serializeRefresh(state.channel ?? '', token) }) : go(state)
}

function onOpened(policy: ClientPolicy, state: ClientState, nowMs: number): ClientStep {
  const { credential, version } = policy
  const { token = '' } = state
  const next: ClientState = { ...state, name: 'authenticating', byMs: nowMs + policy.authTimeoutMs, token: '' }
  if (credential === 'message') return go(next, { type: 'send', text: serializeAuth(token, version) })
  // PROTOCOL 4.4: without the offer of `wsauth.v1` the 101 is the answer; bearer text has none at all.
  const open: ClientState = { ...next, name: 'open', byMs: never }
  if (credential !== 'upgrade') {
    return go({ ...open, channel: '' }, { type: 'send', text: `Authorization: Bearer ${token}` }, { type: 'open' })
  }
  return version ? go(next) : go(open, { type: 'open' })
}

function onMessage(policy: ClientPolicy, state: ClientState, nowMs: number, text = ''): ClientStep {
  const { channel, name } = state
  if (name === 'open' && channel !== '') {
    if (!channel || !text.startsWith(controlPrefix(channel))) return go(state, { type: 'deliver' })
    const message = parseServerMessage(text)
    return message && message.type !== 'auth' ? onControl(state, nowMs, message) : end(state, 1002, 'Protocol error', 'stop')
  }
  if (name !== 'open' && name !== 'authenticating') return go(state)
  const message = parseServerMessage(text)
  // The server closes after `auth_fail`; a client whose server does not is gone in half the time it has for that.
  if (message?.type === 'auth_fail') return go({ ...state, name: 'closing', byMs: nowMs + policy.closeTimeoutMs / 2, known: message })
  if (message?.type === 'auth_ok') {
    const next: ClientState = { ...state, name: 'open', byMs: never, channel: channelOf(message) }
    return name === 'open' ? go(next) : go(next.channel ? term(next, nowMs, message) : next, { type: 'open', message })
  }
  // PROTOCOL 3.4: what comes before an answer is not delivered; bearer text waits for none.
  return name === 'open' ? go({ ...state, channel: undefined }, { type: 'deliver' }) : go(state)
}

function onControl(state: ClientState, nowMs: number, message: ServerMessage): ClientStep {
  const told: ClientEffect = { type: 'told', message }
  switch (message.type) {
    case 'auth_ok':
      return go(term({ ...renewed(state), failures: 0, refused: false }, nowMs, message), told)
    case 'auth_fail':
      if (message.action === 'retry') return go(later(state, nowMs, believedMs(message.retryAfterMs)), told)
      if (message.action === 'stop' || state.refused) return go(renewed(state), told)
      return go({ ...state, refused: true }, told, { type: 'fetch-token', reason: 'refused' })
    case 'auth_required': {
      const { state: next, effects } = renew(state)
      return go(next, told, ...effects)
    }
    case 'going_away':
      return go({ ...state, known: { retryAfterMs: message.retryAfterMs } }, told)
  }
  return go(state)
}

function onDue(state: ClientState, nowMs: number, heardAtMs: number): ClientStep {
  const { name, byMs, endsAtMs, heartbeatMs } = state
  if (nowMs >= heardAtMs + 2 * heartbeatMs) return end(state, 1006, 'Connection silent', 'retry')
  if (nowMs >= endsAtMs + leewayMs) return end(state, 4002, 'Token expired', 'refresh')
  if (nowMs < byMs) return go(state)
  if (name === 'open') return renew(state)
  if (name === 'closing') return end(state, 4001, 'Authentication failed', 'refresh')
  return name === 'connecting' ? end(state, 1006, 'Connect timeout', 'retry') : end(state, 4001, 'Authentication timeout', 'retry')
}

/** A refresh in place: where version 0 is spoken there is none. */
function renew(state: ClientState): ClientStep {
  return state.renewing || !state.channel
    ? go(state)
    : go({ ...state, renewing: true, byMs: never }, { type: 'fetch-token', reason: 'refresh' })
}

function renewed(state: ClientState): ClientState {
  return { ...state, renewing: false, byMs: never }
}

function later(state: ClientState, nowMs: number, retryAfterMs?: number): ClientState {
  const { failures, share } = state
  const inMs = backoffMs(failures, share, { minDelayMs: 1_000, maxDelayMs: 30_000 }, retryAfterMs)
  return { ...state, renewing: false, byMs: nowMs + inMs, failures: failures + 1 }
}

function term(state: ClientState, nowMs: number, { expiresInMs, heartbeatMs }: ServerMessage): ClientState {
  const lifeMs = typeof expiresInMs === 'number' ? expiresInMs : never
  return {
    ...state,
    byMs: refreshAt(nowMs, lifeMs, state.share),
    endsAtMs: nowMs + lifeMs,
    heartbeatMs: typeof heartbeatMs === 'number' ? heartbeatMs : state.heartbeatMs,
  }
}

/** The end; what was known of it before counts for more than how it came. */
function end({ known = {} }: ClientState, code: number, reason: string, action: Action = 'stop', retryAfterMs = 0, wasClean = false): ClientStep {
  const { error } = known
  return go(
    { ...openClient(0), name: 'closed' },
    {
      type: 'closed',
      outcome: {
        code,
        reason,
        wasClean,
        action: actionNamed(known.action) ?? action,
        error: typeof error === 'string' ? error : undefined,
        retryAfterMs: Math.max(retryAfterMs, believedMs(known.retryAfterMs)),
      },
    },
  )
}

function go(state: ClientState, ...effects: readonly ClientEffect[]): ClientStep {
  return { state, effects }
}
