import {
  actionNamed,
  type ClientEffects,
  type ClientInput,
  type ClientState,
  maySend,
  type Outcome,
  openClient,
  type ServerMessage,
  serializeContinuous,
} from '@wsauth/protocol'
import { openSocket } from '#socket'
import { mask } from './mask.ts'
import type { Destination } from './methods/destination.ts'
import type { Setup } from './options.ts'
import type { Refusal, SocketData, SocketLike } from './socket.ts'

/** A peer's text, or a mask where it holds a piece of the credentials, of 8 characters or `pieceLength`. */
export type Hide = (text: string, pieceLength?: number) => string

/** What happens on a connection, as its owner is told. */
export interface Watcher {
  /** The socket is on its way. */
  dialled(socket: SocketLike): void
  /** The state has this name from now on. */
  entered?(name: ClientState['name']): void
  /** Authenticated: the server's `auth_ok`, or no members where there was none. */
  opened(message: ServerMessage, hide: Hide): unknown
  /** A message of the application. */
  message(data: unknown): unknown
  /** Control. */
  told?(message: ServerMessage, hide: Hide): void
  /** The token could not be had. */
  failed?(error: unknown): void
  /** The end, once. `action` is what is left to do, everything considered. */
  closed(outcome: Outcome, openMs: number): void
}

/** One connection, from its token to its end. */
export interface Connection {
  /** False where nothing may be sent now: then nothing is. */
  send(data: SocketData): boolean
  close(code?: number | undefined, reason?: string | undefined): void
  /** Time may have passed unnoticed; or a newer token is wanted: false where this connection cannot take one. */
  nudge(type: 'due' | 'refresh'): boolean
}

type Timeless<Type> = Omit<Extract<ClientInput, { type: Type }>, 'type' | 'nowMs'>
type EffectTable = {
  readonly [Name in keyof ClientEffects]-?: (value: NonNullable<ClientEffects[Name]>) => void
}

/** A connection under this age proved nothing of its token where the server answers no more than the upgrade. */
const healthyMs = 5_000

/** Performs what the machine decides for one connection: the class and the client are built on this. */
export function openConnection(setup: Setup, destination: Destination, watcher: Watcher): Connection {
  const { clock, method, tokens } = setup
  let heardAtMs = clock.now()
  let openedAtMs = Infinity
  let state = openClient(setup.random())
  let socket: SocketLike | undefined
  let refusal: Refusal | undefined
  let received: unknown
  let token = ''
  let credential = ''
  let secrets = ''
  let abort = new AbortController()
  let cancelDue = () => {}
  let farewell: Parameters<Connection['close']> = []

  const hide: Hide = (text, pieceLength) => mask(text, secrets, pieceLength)

  const perform: EffectTable = {
    fetchToken(reason) {
      abort.abort()
      const asking = new AbortController()
      const { signal } = asking
      const cancel = clock.schedule(setup.tokenTimeoutMs, () => asking.abort())
      abort = asking
      tokens
        .get(reason, signal)
        .then(async (fresh) => {
          token = fresh
          credential = (!socket && (await method.exchange?.(fresh, destination, signal))) || fresh
          secrets = `${token} ${credential} ${secrets}`.slice(0, 40_000)
        })
        .then(
          () => feed('token', { token: credential }),
          (error) => {
            if (abort === asking && state.name !== 'closed') {
              watcher.failed?.(error)
              // Whatever else an application's error has on it is its own.
              const { action, retryAfterMs } = Object(error)
              feed('token-failed', { action: actionNamed(action, 'retry'), retryAfterMs })
            }
          },
        )
        .finally(cancel)
    },
    dial() {
      try {
        socket = openSocket(
          method.dial?.(destination, credential, setup.version) ?? destination,
          setup,
          (status) => {
            refusal = status
          },
          setup.WebSocket,
        )
      } catch (error) {
        feed('closed', { code: 1006, reason: `${error}`, wasClean: false, action: 'stop' })
        return
      }
      socket.onopen = () => feed('opened', { token: credential })
      socket.onmessage = ({ data }) => {
        heardAtMs = clock.now()
        received = data
        feed('message', { text: typeof data === 'string' ? data : undefined })
      }
      socket.onerror = () => {}
      // Older React Native names no reason.
      socket.onclose = ({ code, reason, wasClean }) =>
        feed('closed', { code, reason: reason || '', wasClean, ...refusal })
      watcher.dialled(socket)
    },
    send(text) {
      try {
        socket?.send(text)
      } catch {
        // Nothing of the error: the token may be in it (P5). The answer that never comes ends the attempt.
      }
    },
    open(message) {
      openedAtMs = clock.now()
      if (message.type) tokens.accept()
      watcher.opened(message, hide)
    },
    deliver: () => watcher.message(received),
    told(message) {
      // Of a refresh: before the open, the end of the connection says so. The last one in a row counts as well.
      if (state.name === 'open' && message.type === 'auth_fail' && message.action === 'refresh') {
        tokens.after('refresh', token)
      }
      if (message.type === 'auth_ok') tokens.accept()
      watcher.told?.(message, hide)
    },
    close: hangUp,
    closed(outcome) {
      const { action, error, reason } = outcome
      const openMs = clock.now() - openedAtMs
      abort.abort()
      if (socket) {
        socket.onmessage = socket.onclose = null
        // React Native on Android loses a close() before the open, and opens all the same.
        socket.onopen = hangUp
        hangUp()
      }
      if (openMs > healthyMs) tokens.accept()
      watcher.closed(
        {
          ...outcome,
          action: tokens.after(action, token),
          error: error && hide(error),
          reason: hide(reason),
        },
        openMs,
      )
    },
  }

  function feed<Type extends ClientInput['type']>(type: Type, members: Timeless<Type>): void {
    const before = state
    const step = setup.step(setup, before, { type, nowMs: clock.now(), ...members } as ClientInput)
    state = step.state
    if (state !== before) schedule()
    if (state.name !== before.name) watcher.entered?.(state.name)
    for (const [name, value] of Object.entries(step.effects)) {
      ;(perform as Readonly<Record<string, (value: unknown) => void>>)[name]?.(value)
    }
  }

  /** With a code that the socket underneath will not send, without one; one that will not close at all is let go of. */
  function hangUp(): void {
    for (const args of [farewell, [] as typeof farewell]) {
      try {
        socket?.close(...args)
        return
      } catch {}
    }
  }

  function nudge(type: 'due' | 'refresh'): boolean {
    feed(type, { heardAtMs })
    return !!state.channel
  }

  function schedule(): void {
    cancelDue()
    const dueAtMs = setup.dueAt(state, heardAtMs)
    // Timers above 2^31-1 ms fire at once; one that fires early finds that nothing is due, and sleeps on.
    if (dueAtMs < Infinity) {
      cancelDue = clock.schedule(Math.min(dueAtMs - clock.now(), 0x7fff_ffff), () => {
        nudge('due')
        schedule()
      })
    }
  }

  perform.fetchToken('connect')
  return {
    send(data) {
      const may = maySend(state, clock.now())
      if (may) {
        socket?.send(setup.continuous && typeof data === 'string' ? serializeContinuous(token, data) : data)
      }
      return may
    },
    close(...args) {
      farewell = args
      feed('close', {})
    },
    nudge,
  }
}
