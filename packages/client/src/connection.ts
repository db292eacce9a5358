import {
  type ClientInput,
  type ClientState,
  maySend,
  type Outcome,
  openClient,
  type ServerMessage,
  serializeContinuous,
  type TokenReason,
} from '@wsauth/protocol'
import { openSocket } from '#socket'
import { mask } from './mask.ts'
import type { Destination } from './methods/destination.ts'
import type { Setup } from './options.ts'
import type { Refusal, SocketData, SocketEnd, SocketLike } from './socket.ts'

/** Takes out of a peer's text what it may hold of the credentials; pieces shorter than `pieceLength` stay. */
export type Hide = (text: string, pieceLength?: number) => string

/** What happens on a connection, as its owner is told. */
export interface Watcher {
  /** For the socket underneath, where it shall not keep its own. */
  readonly binaryType?: string | undefined
  /** The state has this name from now on. */
  entered?(name: ClientState['name']): void
  /** Authenticated: the server's `auth_ok`, or no members where there was none. */
  opened(message: ServerMessage, hide: Hide): void
  /** A message of the application. */
  message(data: unknown): void
  /** Control. */
  told?(message: ServerMessage, hide: Hide): void
  /** The token could not be had. */
  failed?(error: unknown): void
  /** The end, once. `action` is what is left to do, everything considered. */
  closed(outcome: Outcome): void
}

/** One connection, from its token to its end. */
export interface Connection {
  /** Absent until it dials. */
  readonly socket: SocketLike | undefined
  /** False where nothing may be sent now: then nothing is. */
  send(data: SocketData): boolean
  close(code?: number | undefined, reason?: string | undefined): void
  /** Time may have passed unnoticed; or a newer token is wanted. */
  nudge(type: 'due' | 'refresh'): void
}

/** Performs what the machine decides for one connection: the class and the client are built on this. */
export function openConnection(setup: Setup, destination: Destination, watcher: Watcher): Connection {
  const { clock, method, tokens } = setup
  let state = openClient(setup.random())
  let heardAtMs = clock.now()
  let socket: SocketLike | undefined
  let refusal: Refusal | undefined
  let received: unknown
  let token = ''
  let credential = ''
  let secrets = ''
  let abort: AbortController | undefined
  let cancelDue = () => {}
  let farewell: [code?: number | undefined, reason?: string | undefined] = []

  const hide: Hide = (text, pieceLength) => mask(text, secrets, pieceLength)

  function feed(input: ClientInput): void {
    const before = state
    const { state: next, effects } = setup.step(setup, before, input)
    const { fetchToken, dial, send, open, deliver, told, close, closed } = effects
    state = next
    if (next !== before) schedule()
    if (next.name !== before.name) watcher.entered?.(next.name)
    if (fetchToken) getToken(fetchToken)
    if (dial !== undefined) connect()
    if (send) socket?.send(send)
    if (open) {
      tokens.accept()
      watcher.opened(open, hide)
    }
    if (deliver) watcher.message(received)
    if (told) watcher.told?.(told, hide)
    if (close) socket?.close(...farewell)
    if (closed) end(closed)
  }

  function nudge(type: 'due' | 'refresh'): void {
    feed({ type, nowMs: clock.now(), heardAtMs })
  }

  function schedule(): void {
    cancelDue()
    const dueAtMs = setup.dueAt(state, heardAtMs)
    // Timers above 2^31-1 ms fire at once; one that fires early finds that nothing is due, and sleeps on.
    if (dueAtMs < 1 / 0) {
      cancelDue = clock.schedule(Math.min(dueAtMs - clock.now(), 0x7fff_ffff), () => {
        nudge('due')
        schedule()
      })
    }
  }

  function getToken(reason: TokenReason): void {
    if (reason === 'refused') tokens.after('refresh', token)
    const aborting = new AbortController()
    abort = aborting
    tokens
      .get(reason, aborting, async (fresh) => {
        const { signal } = aborting
        credential = (!socket && (await method.exchange?.(fresh, destination, signal))) || fresh
        token = fresh
        secrets = `${token} ${credential} ${secrets}`.slice(0, 40_000)
      })
      .then(
        () => feed({ type: 'token', nowMs: clock.now(), token: credential }),
        (error) => {
          if (state.name !== 'closed') watcher.failed?.(error)
          const { action = 'retry', retryAfterMs } = Object(error)
          feed({ type: 'token-failed', nowMs: clock.now(), action, retryAfterMs })
        },
      )
  }

  function connect(): void {
    const closed = ({ code, reason, wasClean }: SocketEnd) =>
      feed({ type: 'closed', nowMs: clock.now(), code, reason, wasClean, ...refusal })
    try {
      const target = method.dial?.(destination, credential, setup.version) ?? destination
      socket = openSocket(
        target,
        setup,
        (status) => {
          refusal = status
        },
        setup.WebSocket,
      )
    } catch (error) {
      refusal = { action: 'stop', reason: `${error}` }
      closed({ code: 1006, reason: '', wasClean: false })
      return
    }
    const opened = socket
    if (watcher.binaryType) opened.binaryType = watcher.binaryType
    opened.onopen = () => feed({ type: 'opened', nowMs: clock.now(), token: credential })
    opened.onmessage = ({ data }) => {
      heardAtMs = clock.now()
      received = data
      feed({ type: 'message', nowMs: heardAtMs, text: typeof data === 'string' ? data : undefined })
    }
    opened.onerror = () => {}
    opened.onclose = closed
  }

  function end(outcome: Outcome): void {
    const { error, reason } = outcome
    abort?.abort()
    const ended = socket
    if (ended) {
      ended.onmessage = ended.onclose = null
      // React Native on Android loses a close() before the open, and opens all the same.
      ended.onopen = () => ended.close()
      ended.close(...farewell)
    }
    watcher.closed({
      ...outcome,
      action: tokens.after(outcome.action, token),
      error: error && hide(error),
      reason: hide(reason),
    })
  }

  getToken('connect')
  return {
    get socket() {
      return socket
    },
    send(data) {
      const may = maySend(state, clock.now())
      if (may) {
        socket?.send(setup.continuous && typeof data === 'string' ? serializeContinuous(token, data) : data)
      }
      return may
    },
    close(...args) {
      farewell = args
      feed({ type: 'close', nowMs: clock.now() })
    },
    nudge,
  }
}
