import { actionNamed, actionOfClose } from '../wire/close-codes.ts'
import { believedMs, retryAfterOf } from '../wire/close-reason.ts'
import type { Action } from '../wire/error-codes.ts'
import type { Version } from '../wire/messages.ts'
import { controlOf, parseServerMessage } from '../wire/parse-server-message.ts'
import { serializeAuth } from '../wire/serialize-message.ts'
import type {
  ClientEffects,
  ClientInput,
  ClientState,
  ClientStep,
  Ending,
  SocketClosed,
} from './client-state.ts'

/** The options that the machine decides by; times in milliseconds. */
export interface ClientPolicy {
  readonly version: Version
  /** Where the credential travels: as the first message, as bearer text (which has no answer), or in the handshake. */
  readonly credential: 'message' | 'bearer-text' | 'upgrade'
  readonly connectTimeoutMs: number
  readonly authTimeoutMs: number
  readonly closeTimeoutMs: number
  readonly tokenTimeoutMs: number
  /** Asked about close codes of the application, 3000 to 4999 outside the failure table. */
  readonly classify?:
    | ((close: { readonly code: number; readonly reason: string }) => Action | undefined)
    | undefined
}

const never = Infinity
const stop: Ending = { action: 'stop' }

/** A connection that waits for its token until `byMs`. */
export function openClient(byMs: number = never): ClientState {
  return { name: 'fetching-token', byMs }
}

/**
 * One transition of a connection that is made once and not refreshed (PROTOCOL 3, 4 and 6): from the token to the end.
 * What keeps a connection authenticated stands on this, in `stepClient`.
 */
export function stepConnection(policy: ClientPolicy, state: ClientState, input: ClientInput): ClientStep {
  const { name, control, known } = state
  const { credential, version, authTimeoutMs, closeTimeoutMs } = policy
  const { nowMs, token } = input
  const become = (
    name: ClientState['name'],
    forMs: number,
    effects: ClientEffects,
    control?: string,
    known?: Ending,
  ) => go({ name, byMs: nowMs + forMs, control, known }, effects)

  // React Native on Android loses a close() before the open, and opens all the same.
  if (name === 'closed') return go(state, input.type === 'open' ? { leave: {} } : {})
  switch (input.type) {
    case 'token':
      if (name !== 'fetching-token') break
      return become('connecting', policy.connectTimeoutMs, { dial: token })
    case 'token-failed':
      if (name !== 'fetching-token') break
      return end(policy, input.event, { code: 4001, reason: 'No token' })
    case 'open':
      if (name !== 'connecting') break
      // Bearer text waits for no answer, but may get one.
      if (credential === 'bearer-text')
        return become('open', never, { send: `Authorization: Bearer ${token}`, opened: {} }, '')
      if (credential === 'message')
        return become('authenticating', authTimeoutMs, { send: serializeAuth(token, version) }, '')
      // PROTOCOL 4.4: without the offer of `wsauth.v1` the 101 is the answer.
      return version ? become('authenticating', authTimeoutMs, {}, '') : become('open', never, { opened: {} })
    case 'message': {
      const { data } = input.event
      const isOpen = name === 'open'
      // PROTOCOL 5.1: what does not start with the channel is the application's.
      if (typeof data === 'string' && control !== undefined && data.startsWith(control)) {
        const told = parseServerMessage(data)
        const { type } = told
        if (control) {
          return !type || type === 'auth'
            ? end(policy, known, { code: 1002, reason: 'Protocol error' })
            : go(type === 'going_away' ? { ...state, known: told } : state, { told })
        }
        // The server closes now; a client whose server does not is gone in half the time it has for that.
        if (type === 'auth_fail') return become('refused', closeTimeoutMs / 2, { told }, undefined, told)
        if (type === 'auth_ok') return become('open', never, isOpen ? {} : { opened: told }, controlOf(told))
      }
      // PROTOCOL 3.4: what comes before an answer is not delivered; bearer text waits for none.
      return isOpen
        ? go(control === '' ? { ...state, control: undefined } : state, { message: data })
        : go(state)
    }
    case 'due':
      if (nowMs < state.byMs) break
      return end(policy, known, { code: name === 'refused' ? 4001 : 1006, reason: `Timeout: ${name}` })
    case 'leave':
      return name === 'open'
        ? become('closing', closeTimeoutMs, { leave: input.event }, undefined, stop)
        : end(policy, stop, { code: 1006, reason: '' })
    case 'close':
      return end(policy, known, input.event)
  }
  return go(state)
}

/** True where a message of the application may be sent now: looked at before each, so that a tab that slept sends nothing stale. */
export function maySend({ name, endsAtMs = never }: ClientState, nowMs: number): boolean {
  return name === 'open' && nowMs < endsAtMs
}

/** The end; what was known of it before counts for more than how it came. */
export function end(
  { classify }: ClientPolicy,
  { action: told, error, retryAfterMs }: Ending = {},
  { code, reason: said, wasClean = false, action }: SocketClosed,
): ClientStep {
  const reason = said ?? ''
  return go(
    { name: 'closed', byMs: never },
    {
      closed: {
        code,
        reason,
        wasClean,
        action: actionNamed(told, action ?? actionOfClose(code, reason, classify)),
        error: typeof error === 'string' ? error : undefined,
        retryAfterMs: Math.max(believedMs(retryAfterMs), retryAfterOf(reason)),
      },
    },
  )
}

export function go(state: ClientState, effects: ClientEffects = {}): ClientStep {
  return { state, effects }
}
