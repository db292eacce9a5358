import { actionNamed, actionOfClose } from '../wire/close-codes.ts'
import { believedMs, retryAfterOf } from '../wire/close-reason.ts'
import type { Action } from '../wire/error-codes.ts'
import type { Version } from '../wire/messages.ts'
import { controlOf, numberOr, parseServerMessage } from '../wire/parse-server-message.ts'
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
  /** The text that presents the token on the open socket; absent where the handshake has done it. */
  readonly present?: ((token: string, version: Version) => string) | undefined
  /** Whether the server answers. Default: in version 1. */
  readonly answered?: boolean | undefined
  readonly connectTimeoutMs: number
  readonly authTimeoutMs: number
  readonly closeTimeoutMs: number
  readonly tokenTimeoutMs: number
  /** Whether newer tokens can be had, so that one is presented ahead of the old one's end; a string has no newer one, a cookie none at all. */
  readonly renews?: boolean | undefined
  /** A peer's text as the application may see it, without the token in it; `undefined` for what is none. */
  readonly hide: (text: unknown) => string | undefined
  /** Asked about close codes of the application, 3000 to 4999 outside the failure table. */
  readonly classify?:
    | ((close: { readonly code: number; readonly reason: string }) => Action | undefined)
    | undefined
}

/** A time that does not come. */
export const never: number = Infinity

/**
 * One transition of a connection that is made once and not refreshed (PROTOCOL 3, 4 and 6): from the token, which the first
 * state waits for, to the end.
 * What keeps a connection authenticated stands on this, in `stepClient`.
 */
export function stepConnection(policy: ClientPolicy, state: ClientState, input: ClientInput): ClientStep {
  const { name, byMs, control, known = {}, owed = 0 } = state
  const { version, answered = version, present, hide, closeTimeoutMs } = policy
  const { nowMs, token } = input
  const isOpen = name === 'open'
  const go = (effects: ClientEffects, next = state): ClientStep => [next, effects]
  const become = (
    name: ClientState['name'],
    forMs: number,
    effects: ClientEffects,
    more?: Partial<ClientState>,
  ) => go(effects, { name, byMs: nowMs + forMs, ...more })
  /** The end; what was known of it before counts for more than how it came. */
  const end = (
    { code: named, reason: said, wasClean = false, action, retryAfterMs }: SocketClosed,
    told: Ending = known,
  ) => {
    // Who names none, or 0 as Deno's WebSocket does, means 1006.
    const code = named || 1006
    const reason = hide(said) ?? ''
    return become('closed', never, {
      closed: {
        code,
        reason,
        wasClean,
        action: actionNamed(told.action, action ?? actionOfClose(code, reason, policy.classify)),
        error: hide(told.error),
        retryAfterMs: Math.max(believedMs(told.retryAfterMs), believedMs(retryAfterMs), retryAfterOf(reason)),
      },
    })
  }
  // React Native on Android loses a close() before the open, and opens all the same.
  if (name === 'closed') return go(input.type === 'open' ? { leave: {} } : {})
  switch (input.type) {
    case 'token':
      if (name !== 'fetching-token') break
      return become('connecting', policy.connectTimeoutMs, { dial: token })
    case 'open': {
      if (name !== 'connecting') break
      const send = present?.(token, version)
      // Who gets no answer may get one all the same. PROTOCOL 4.4: without the offer of `wsauth.v1` the 101 is the answer.
      return answered
        ? become('authenticating', policy.authTimeoutMs, { send, authenticating: true }, { control: '' })
        : become('open', never, { send, opened: {} }, { control: present && '' })
    }
    case 'message': {
      const { data } = input.event
      // PROTOCOL 5.1: what does not start with the channel is the application's.
      if (typeof data === 'string' && control !== undefined && data.startsWith(control)) {
        const told = parseServerMessage(data)
        const { type } = told
        if (control) {
          const left = owed - Number(type === 'auth_ok')
          return typeof type !== 'string' || type === 'auth' || left < 0
            ? end({ code: 1002, reason: 'Protocol error' })
            : go({ told }, { ...state, owed: left, known: type === 'going_away' ? told : known })
        }
        // The server closes now; a client whose server does not is gone in half the time it has for that.
        if (type === 'auth_fail') return become('refused', closeTimeoutMs / 2, { told }, { known: told })
        if (type === 'auth_ok') {
          // PROTOCOL 3.2: without a channel there is no control, so no heartbeat and no end either.
          const control = controlOf(told)
          return become(
            'open',
            numberOr(control && told.expiresInMs, never),
            isOpen ? {} : { opened: told },
            { control, heartbeatMs: numberOr(control && told.heartbeatMs, 0) },
          )
        }
      }
      // PROTOCOL 3.4: what comes before an answer is not delivered; bearer text waits for none.
      return isOpen
        ? go({ message: data }, control === '' ? { ...state, control: undefined } : state)
        : go({})
    }
    case 'due':
      if (nowMs < clientDueAt({ ...state, renewAtMs: never }, input.heardAtMs)) break
      return end(
        isOpen && nowMs >= byMs
          ? { code: 4002, reason: 'Token expired' }
          : { code: name === 'refused' ? 4001 : 1006, reason: `Timeout: ${name}` },
      )
    case 'leave':
      return isOpen
        ? become('closing', closeTimeoutMs, { leave: input.event }, { known: { action: 'stop' } })
        : end({}, { action: 'stop' })
    case 'token-failed':
      if (name !== 'fetching-token') break
      return end({ code: 4001, reason: 'No token', ...input.event })
    case 'close':
      return end(input.event)
  }
  return go({})
}

/** True where a message of the application may be sent now: looked at before each, so that a tab that slept sends nothing stale. */
export function maySend({ name, byMs, endsAtMs = byMs }: ClientState, nowMs: number): boolean {
  return name === 'open' && nowMs < endsAtMs
}

/** When a `due` input is owed, at the latest: the first of all times that a connection waits for. */
export function clientDueAt(
  { byMs, renewAtMs = never, heartbeatMs = 0 }: ClientState,
  heardAtMs: number,
): number {
  return Math.min(byMs, renewAtMs, heartbeatMs > 0 ? heardAtMs + 2 * heartbeatMs : never)
}
