import {
  actionNamed,
  type ClientEffects,
  type ClientHappening,
  type ClientInput,
  type ClientState,
  clientDueAt,
  healthyMs,
  maySend,
  type Outcome,
  type ServerMessage,
  serializeContinuous,
  type TokenReason,
} from '@wsauth/protocol'
import { now } from '#clock'
import { openSocket } from '#socket'
import { mask } from './mask.ts'
import type { Told } from './methods/method.ts'
import type { Setup } from './options.ts'
import type { SocketData, SocketLike } from './socket.ts'

/** A peer's text, or a mask where it holds a piece of the credentials, of 8 characters or `pieceLength`. */
type Hide = <Text>(text: Text, pieceLength?: number) => Text extends string ? string : undefined

/** What happens on a connection, as its owner is told. */
export interface Watcher {
  /** The socket is on its way. */
  dialled(socket: SocketLike): void
  /** The token is presented; the server is to answer. */
  authenticating?(): void
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
  /**
   * The application closes (`leave`) or wants a newer token (`refresh`), or time may have passed unnoticed (`due`). False where
   * the connection can take no newer token: it has no control, or nobody has one.
   */
  feed(type: ClientHappening['type'], event?: unknown): boolean
}

type EffectTable = {
  readonly [Name in keyof ClientEffects]: (value: NonNullable<ClientEffects[Name]>) => void
}

/** Performs what the machine decides for one connection: the class and the client are built on this. */
export function openConnection(setup: Setup, watcher: Watcher): Connection {
  const { tokens } = setup
  let heardAtMs = now()
  let openedAtMs = Infinity
  /** The token that the connection stands on, once the server has said so. */
  let accepted = ''
  /** There is no other for good, so that its end is the end. */
  let isLast = false
  let state: ClientState = { name: 'fetching-token', byMs: heardAtMs + setup.tokenTimeoutMs }
  let socket: SocketLike | undefined
  let token = ''
  let secrets = ''
  let abort: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const hide = ((text, pieceLength) => mask(text, secrets, pieceLength)) as Hide

  /** What this connection is made from: the setup, and what is its own. */
  let target = { ...setup, hide }

  function accept({ type }: ServerMessage): void {
    if (type !== 'auth_ok') return
    accepted = token
    isLast = false
    tokens.accept()
  }

  async function fetchToken(reason: TokenReason): Promise<void> {
    abort?.abort()
    abort = new AbortController()
    const { signal } = abort
    try {
      token = await tokens.get(reason, signal)
      if (!socket && setup.dial) {
        target = { ...target, ...(await setup.dial(setup, token, setup.version, signal)) }
      }
      secrets = [token, target.credential, secrets].join(' ').slice(0, 40_000)
      feed('token')
    } catch (error) {
      if (signal.aborted) return
      watcher.failed?.(error)
      const next = (Object(error) as Told).wsauth ?? { action: 'retry' }
      isLast = next.action === 'stop'
      feed('token-failed', next)
    }
  }

  const perform: EffectTable = {
    ...watcher,
    // Without a code there is no reason; Chromium takes an empty one for a code of 0.
    leave({ code, reason }) {
      abort?.abort()
      if (code) socket?.close(code, reason)
      else socket?.close()
    },
    fetchToken,
    dial() {
      socket = openSocket(target)
      for (const type of ['open', 'message', 'close'] as const) {
        socket[`on${type}`] = (event: unknown) => {
          heardAtMs = now()
          feed(type, event)
        }
      }
      watcher.dialled(socket)
    },
    send(text) {
      if (text) socket?.send(text)
    },
    opened(message) {
      openedAtMs = now()
      accept(message)
      watcher.opened(message, hide)
    },
    told(message) {
      accept(message)
      // P6: known at once, for the application may dial before the end, which then asks for the same. A refresh has no end of its own.
      if (message.type === 'auth_fail' && token) {
        tokens.after(actionNamed(message.action, accepted ? 'refresh' : 'retry'), token)
      }
      watcher.told?.(message, hide)
    },
    closed(outcome) {
      const openMs = now() - openedAtMs
      abort?.abort()
      // A connection under this age proved nothing of its token where the server answers no more than the upgrade.
      if (!accepted && openMs > healthyMs) tokens.accept()
      const action = tokens.after(isLast ? 'stop' : outcome.action, accepted || token, !!accepted)
      watcher.closed({ ...outcome, action }, openMs)
      if (!socket) return
      socket.onmessage = socket.onclose = null
      socket.fail?.(outcome.code)
      socket.close()
    },
  }

  function feed(type: ClientHappening['type'], event?: unknown): boolean {
    const nowMs = now()
    try {
      const input = { type, nowMs, heardAtMs, share: Math.random(), token, event } as ClientInput
      const [next, effects] = setup.step(target, state, input)
      if (next !== state || type === 'due') {
        clearTimeout(timer)
        // Timers above 2^31 ms fire at once; one that fires early finds that nothing is due, and sleeps on.
        const dueAtMs = clientDueAt(next, heardAtMs)
        if (dueAtMs !== Infinity) timer = setTimeout(feed, Math.min(dueAtMs - nowMs, 2e9), 'due')
      }
      state = next
      for (const name in effects) {
        // The application may have closed on the way.
        if (state.name === next.name) {
          perform[name as keyof ClientEffects]?.(effects[name as keyof ClientEffects] as never)
        }
      }
    } catch (error) {
      // A hook or a socket that throws ends its own connection; what no socket can be made for is no better next time.
      feed('close', { reason: `${error}`, action: socket ? 'retry' : 'stop' })
    }
    return !!state.renewing
  }

  // Whatever time was given: its owner has it in hand before it ends.
  timer = setTimeout(feed, 0, 'due')
  fetchToken('connect')
  return {
    send(data) {
      // Between the server's Close and the end of the socket messages would vanish.
      const may = socket?.readyState === 1 && maySend(state, now())
      if (may) {
        socket?.send(
          setup.continuous && typeof data === 'string' ? serializeContinuous(accepted || token, data) : data,
        )
      }
      return may
    },
    feed,
  }
}
