import {
  actionNamed,
  type ClientEffects,
  type ClientHappening,
  type ClientInput,
  type ClientState,
  type Leave,
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
import type { SocketData, SocketLike } from './socket.ts'

/** A peer's text, or a mask where it holds a piece of the credentials, of 8 characters or `pieceLength`. */
export type Hide = (text: string, pieceLength?: number) => string

/** What happens on a connection, as its owner is told. */
export interface Watcher {
  /** The socket is on its way. */
  dialled(socket: SocketLike): void
  /** The state has this name. */
  entered?(name: ClientState['name']): void
  /** Authenticated: the server's `auth_ok`, or no members where there was none. */
  opened(message: ServerMessage, hide: Hide): unknown
  /** A message of the application. */
  message(data: unknown): unknown
  /** Control; `token` is the one that was presented last. */
  told?(message: ServerMessage, hide: Hide, token: string): void
  /** The token could not be had. */
  failed?(error: unknown): void
  /** The end, once. `action` is what is left to do, everything considered. */
  closed(outcome: Outcome, openMs: number): void
}

/** One connection, from its token to its end. */
export interface Connection {
  /** False where nothing may be sent now: then nothing is. */
  send(data: SocketData): boolean
  /**
   * The application closes (`leave`) or wants a newer token (`refresh`), or time may have passed unnoticed (`due`). False where
   * the connection has no control, so that it can take no newer token.
   */
  feed(type: ClientHappening['type'], event?: unknown): boolean
}

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
  let state = openClient(heardAtMs + setup.tokenTimeoutMs)
  let socket: SocketLike | undefined
  let token = ''
  let credential = ''
  let secrets = ''
  let abort: AbortController | undefined
  let cancelDue = () => {}

  const hide: Hide = (text, pieceLength) => mask(text, secrets, pieceLength)

  const perform: EffectTable = {
    fetchToken(reason) {
      abort?.abort()
      abort = new AbortController()
      const { signal } = abort
      tokens
        .get(reason, signal)
        .then(async (fresh) => {
          token = fresh
          credential = (!socket && (await method.exchange?.(fresh, destination, signal))) || fresh
          secrets = `${token} ${credential} ${secrets}`.slice(0, 40_000)
        })
        .then(
          () => feed('token'),
          (error) => {
            if (signal.aborted) return
            watcher.failed?.(error)
            // Whatever else an application's error has on it is its own.
            const { action, retryAfterMs } = Object(error)
            feed('token-failed', { action: actionNamed(action, 'retry'), retryAfterMs })
          },
        )
    },
    dial() {
      try {
        socket = openSocket(
          method.dial?.(destination, credential, setup.version) ?? destination,
          setup,
          setup.WebSocket,
        )
      } catch (error) {
        feed('close', { code: 1006, reason: `${error}`, action: 'stop' })
        return
      }
      for (const type of ['open', 'message', 'close'] as const) {
        socket[`on${type}`] = (event: unknown) => {
          heardAtMs = clock.now()
          feed(type, event)
        }
      }
      watcher.dialled(socket)
    },
    send(text) {
      try {
        socket?.send(text)
      } catch {
        // Nothing of the error: the token may be in it (P5). The answer that never comes ends the attempt.
      }
    },
    opened(message) {
      openedAtMs = clock.now()
      if (message.type) tokens.accept()
      watcher.opened(message, hide)
    },
    message: watcher.message,
    told: (message) => watcher.told?.(message, hide, token),
    leave,
    closed(outcome) {
      const { action, error, reason } = outcome
      const openMs = clock.now() - openedAtMs
      abort?.abort()
      if (socket) socket.onmessage = socket.onclose = null
      leave({})
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

  function feed(type: ClientHappening['type'], event?: unknown): boolean {
    const before = state
    const input = { type, nowMs: clock.now(), heardAtMs, share: setup.random(), token: credential, event }
    const step = setup.step(setup, before, input as ClientInput)
    state = step.state
    if (state !== before) schedule()
    watcher.entered?.(state.name)
    for (const [name, value] of Object.entries(step.effects)) {
      ;(perform as Readonly<Record<string, (value: unknown) => void>>)[name]?.(value)
    }
    return !!state.control
  }

  /** With a code that the socket underneath will not send, without one; one that will not close at all is let go of. */
  function leave({ code, reason }: Leave): void {
    for (const args of [[code, reason], []] as [number?, string?][]) {
      try {
        socket?.close(...args)
        return
      } catch {}
    }
  }

  function schedule(): void {
    cancelDue()
    // Timers above 2^31-1 ms fire at once; one that fires early finds that nothing is due, and sleeps on.
    if (state.byMs < Infinity) {
      cancelDue = clock.schedule(Math.min(state.byMs - clock.now(), 0x7fff_ffff), () => {
        feed('due')
        schedule()
      })
    }
  }

  schedule()
  perform.fetchToken('connect')
  return {
    send(data) {
      const may = maySend(state, clock.now())
      if (may) {
        socket?.send(setup.continuous && typeof data === 'string' ? serializeContinuous(token, data) : data)
      }
      return may
    },
    feed,
  }
}
