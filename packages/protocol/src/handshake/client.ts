import { actionNamed, actionOfClose } from '../wire/close-codes.ts'
import { believedMs, retryAfterOf } from '../wire/close-reason.ts'
import type { Action } from '../wire/error-codes.ts'
import type { Version } from '../wire/messages.ts'
import { channelOf, parseServerMessage } from '../wire/parse-server-message.ts'
import { controlPrefix, serializeAuth } from '../wire/serialize-message.ts'
import type { ClientEffects, ClientInput, ClientState, ClientStep, Ending } from './client-state.ts'

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

const never = Infinity

/** A connection that waits for its token until `byMs`. `share`, 0 to 1 and each connection's own, spreads refreshes. */
export function openClient(share: number, byMs: number = never): ClientState {
  return { name: 'fetching-token', byMs, endsAtMs: never, share }
}

/**
 * One transition of a connection that is made once and not refreshed (PROTOCOL 3, 4 and 6): from the token to the end.
 * What keeps a connection authenticated stands on this, in `stepClient`.
 */
export function stepConnection(policy: ClientPolicy, state: ClientState, input: ClientInput): ClientStep {
  const { name } = state
  const { nowMs } = input
  const become = (name: ClientState['name'], forMs: number, effects?: ClientEffects, known?: Ending) =>
    go({ ...state, name, byMs: nowMs + forMs, known }, effects)

  if (name === 'closed') return go(state)
  switch (input.type) {
    case 'token':
      if (name !== 'fetching-token') break
      return become('connecting', policy.connectTimeoutMs, { dial: input.token })
    case 'token-failed':
      if (name !== 'fetching-token') break
      return end(input, 4001, 'No token')
    case 'opened': {
      if (name !== 'connecting') break
      const { credential, version } = policy
      const { token } = input
      if (credential === 'message') {
        return become('authenticating', policy.authTimeoutMs, { send: serializeAuth(token, version) })
      }
      // PROTOCOL 4.4: without the offer of `wsauth.v1` the 101 is the answer; bearer text has none at all.
      if (credential === 'upgrade') {
        return version ? become('authenticating', policy.authTimeoutMs) : become('open', never, { open: {} })
      }
      const { state: open } = become('open', never)
      return go({ ...open, channel: '' }, { send: `Authorization: Bearer ${token}`, open: {} })
    }
    case 'message': {
      const { text = '' } = input
      const { channel } = state
      const isOpen = name === 'open'
      // PROTOCOL 5.1: what does not start with the channel is the application's.
      const isControl = channel ? text.startsWith(controlPrefix(channel)) : channel === ''
      if (isOpen && !isControl) return go(state, { deliver: true })
      if (!isOpen && name !== 'authenticating') break
      const told = parseServerMessage(text)
      const { type } = told
      if (isOpen && channel) {
        if (!type || type === 'auth') return end(state.known, 1002, 'Protocol error')
        return go(type === 'going_away' ? { ...state, known: told } : state, { told })
      }
      // The server closes now; a client whose server does not is gone in half the time it has for that.
      if (type === 'auth_fail') return become('refused', policy.closeTimeoutMs / 2, { told }, told)
      if (type === 'auth_ok') {
        const { state: open } = become('open', never)
        return go({ ...open, channel: channelOf(told) }, isOpen ? {} : { open: told })
      }
      // PROTOCOL 3.4: what comes before an answer is not delivered; bearer text waits for none.
      return isOpen ? go({ ...state, channel: undefined }, { deliver: true }) : go(state)
    }
    case 'due':
      if (nowMs < state.byMs) break
      return end(state.known, name === 'refused' ? 4001 : 1006, `Timeout: ${name}`)
    case 'close':
      return name === 'open'
        ? become('closing', policy.closeTimeoutMs, { close: true }, stop)
        : end(stop, 1006, '')
    case 'closed': {
      const { code, reason, wasClean, action = actionOfClose(code, reason, policy.classify) } = input
      return end(state.known, code, reason, action, wasClean)
    }
  }
  return go(state)
}

const stop: Ending = { action: 'stop' }

/** True where a message of the application may be sent now: looked at before each, so that a tab that slept sends nothing stale. */
export function maySend({ name, endsAtMs }: ClientState, nowMs: number): boolean {
  return name === 'open' && nowMs < endsAtMs
}

/** The end; what was known of it before counts for more than how it came. */
export function end(
  known: Ending = {},
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
