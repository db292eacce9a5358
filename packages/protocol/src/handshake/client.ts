import { actionNamed, actionOfClose } from '../wire/close-codes.ts'
import { believedMs, retryAfterOf } from '../wire/close-reason.ts'
import type { Action } from '../wire/error-codes.ts'
import type { Version } from '../wire/messages.ts'
import { channelOf, parseServerMessage } from '../wire/parse-server-message.ts'
import { controlPrefix, serializeAuth } from '../wire/serialize-message.ts'
import type { ClientEffects, ClientInput, ClientState, ClientStep } from './client-state.ts'

/** The options that the machine decides by; times in milliseconds. */
export interface ClientPolicy {
  readonly version: Version
  /** Where the credential travels: as the first message, as bearer text (which has no answer), or in the handshake. */
  readonly credential: 'message' | 'bearer-text' | 'upgrade'
  readonly connectTimeoutMs: number
  readonly authTimeoutMs: number
  readonly closeTimeoutMs: number
  /** Asked about close codes of the application, 3000 to 4999 outside the failure table. */
  readonly classify?:
    | ((close: { readonly code: number; readonly reason: string }) => Action | undefined)
    | undefined
}

const never = Number.POSITIVE_INFINITY

/** A connection that waits for its token. `share`, 0 to 1 and each connection's own, spreads refreshes. */
export function openClient(share: number): ClientState {
  return { name: 'fetching-token', byMs: never, endsAtMs: never, share }
}

/**
 * One transition of a connection that is made once and not refreshed (PROTOCOL 3, 4 and 6): from the token to the end.
 * What keeps a connection authenticated stands on this, in {@link stepClient}.
 */
export function stepConnection(policy: ClientPolicy, state: ClientState, input: ClientInput): ClientStep {
  const { name } = state
  const { type, nowMs } = input
  const become = (name: ClientState['name'], inMs: number, effects?: ClientEffects): ClientStep =>
    go({ ...state, name, byMs: nowMs + inMs }, effects)
  if (name === 'closed') return go(state)
  switch (type) {
    case 'token':
      return name === 'fetching-token'
        ? become('connecting', policy.connectTimeoutMs, { dial: input.token })
        : go(state)
    case 'token-failed':
      return name === 'fetching-token' ? end({ ...state, known: input }, 4001, 'No token') : go(state)
    case 'opened': {
      const { credential, version } = policy
      const first =
        credential === 'message'
          ? serializeAuth(input.token, version)
          : `Authorization: Bearer ${input.token}`
      const send = credential === 'upgrade' ? {} : { send: first }
      // PROTOCOL 4.4: without the offer of `wsauth.v1` the 101 is the answer; bearer text has none at all.
      return credential === 'message' || (version && credential === 'upgrade')
        ? become('authenticating', policy.authTimeoutMs, send)
        : go({ ...state, name: 'open', byMs: never, channel: send.send && '' }, { ...send, open: {} })
    }
    case 'message':
      return onMessage(policy, state, nowMs, input.text)
    case 'due':
      if (nowMs < state.byMs) return go(state)
      return end(state, name === 'refused' ? 4001 : 1006, `Timeout: ${name}`)
    case 'close':
      return name === 'open'
        ? go({ ...state, name: 'closing', byMs: nowMs + policy.closeTimeoutMs, known: stop }, { close: true })
        : end({ ...state, known: stop }, 1006, '')
    case 'closed': {
      const { code, reason, action } = input
      // PROTOCOL 6.4: codes of the application are its own to classify.
      const own = /^(3|4(?!00[1-4]|029))/.test(`${code}`) && policy.classify?.(input)
      return end(state, code, reason, action ?? (own || undefined), input.wasClean)
    }
    case 'refresh':
      return go(state)
  }
}

/** True where a message of the application may be sent now: looked at before each, so that a tab that slept sends nothing stale. */
export function maySend({ name, endsAtMs }: ClientState, nowMs: number): boolean {
  return name === 'open' && nowMs < endsAtMs
}

const stop = { action: 'stop' }

function onMessage(policy: ClientPolicy, state: ClientState, nowMs: number, text = ''): ClientStep {
  const { name, channel } = state
  const open = name === 'open'
  // PROTOCOL 5.1: what does not start with the channel is the application's.
  if (open && channel !== '' && !(channel && text.startsWith(controlPrefix(channel)))) return deliver(state)
  const message = parseServerMessage(text)
  const { type } = message
  if (open && channel) {
    if (!type || type === 'auth') return end(state, 1002, 'Protocol error')
    return go(type === 'going_away' ? { ...state, known: message } : state, { told: message })
  }
  if (open || name === 'authenticating') {
    // The server closes now; a client whose server does not is gone in half the time it has for that.
    if (type === 'auth_fail') {
      return go(
        { ...state, name: 'refused', byMs: nowMs + policy.closeTimeoutMs / 2, known: message },
        { told: message },
      )
    }
    if (type === 'auth_ok') {
      const next: ClientState = { ...state, name: 'open', byMs: never, channel: channelOf(message) }
      return go(next, open ? {} : { open: message })
    }
  }
  // PROTOCOL 3.4: what comes before an answer is not delivered; bearer text waits for none.
  return open ? deliver({ ...state, channel: undefined }) : go(state)
}

function deliver(state: ClientState): ClientStep {
  return go(state, { deliver: true })
}

/** The end; what was known of it before counts for more than how it came. */
export function end(
  { known = {} }: ClientState,
  code: number,
  reason: string,
  action: Action = actionOfClose(code, reason),
  wasClean = false,
): ClientStep {
  const { error } = known
  return go(
    { ...openClient(0), name: 'closed' },
    {
      closed: {
        code,
        reason,
        wasClean,
        action: actionNamed(known.action, action),
        error: typeof error === 'string' ? error : undefined,
        retryAfterMs: Math.max(believedMs(known.retryAfterMs), retryAfterOf(reason)),
      },
    },
  )
}

export function go(state: ClientState, effects: ClientEffects = {}): ClientStep {
  return { state, effects }
}
