import { AuthClient } from '@wsauth/client'
import { cookiePath, socketPath } from '../../shared/paths.ts'
import { type Arrival, parseRoomMessage, type Say } from '../../shared/room-messages.ts'
import type { Account } from '../account.ts'
import { count, duration } from '../format.ts'
import type { WayIn } from '../methods/ways-in.ts'
import type { Recorder } from '../wire/recorder.ts'
import { tappedSocket } from '../wire/tapped-socket.ts'
import { chatView } from './chat-view.ts'
import { Outgoing } from './outgoing.ts'

export interface Chat {
  readonly element: HTMLElement
  /** Replaced when another way in is chosen. */
  readonly client: AuthClient
  /** The server's name for the connection, for the buttons that break it. */
  readonly connection: string | undefined
  connect(): void
  /** Connects anew by another way; throws where this browser cannot. */
  connectBy(way: WayIn): void
  close(): void
}

export interface ChatEvents {
  /** A client is made, before it does anything. */
  readonly onClient: (client: AuthClient) => void
  readonly onArrival: (arrival: Arrival) => void
}

/** The address of a socket on the host that the page came from. */
export function socketUrl(path: string = socketPath): string {
  return `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}${path}`
}

/** The chat and its connection, which begins with `connect()`. */
export function makeChat(account: Account, recorder: Recorder, events: ChatEvents): Chat {
  const outgoing = new Outgoing()
  const view = chatView(account.user.id, say)
  let state = ''
  let connection: string | undefined
  let client = make()

  /**
   * `new AuthClient(url, { token })` is all that an application has to write to be authenticated. The rest is for those
   * who watch: another way in, frames to be seen, and attempts that come soon.
   */
  function make(way?: WayIn): AuthClient {
    const needsToken = way?.path !== cookiePath
    const canBeTapped = way?.name !== 'header'
    const made = new AuthClient(socketUrl(way?.path), {
      ...(needsToken ? { token: account.token } : {}),
      ...(canBeTapped ? { WebSocket: tappedSocket(recorder, 'chat') } : {}),
      ...(way ? { method: way.method() } : {}),
      // Nobody who watches wants to wait for half a minute, which is the default.
      reconnect: { maxDelayMs: 4_000 },
      connect: false,
    })
    listen(made)
    events.onClient(made)
    return made
  }

  function listen(made: AuthClient): void {
    made.on('state', (name) => {
      if (made !== client) return
      state = name
      recorder.add({ kind: 'state', lane: 'chat', state })
      tell()
    })
    made.on('open', () => {
      for (const message of outgoing.repeat()) made.send(JSON.stringify(message))
      outgoing.markSent()
    })
    made.on('close', ({ action, retryInMs }) => {
      if (made !== client) return
      connection = undefined
      view.people([])
      const text =
        action === 'stop'
          ? 'stop: no further attempt'
          : `${action}: next attempt in ${duration(retryInMs ?? 0)}`
      recorder.add({ kind: 'note', lane: 'chat', text, tone: action === 'stop' ? 'bad' : 'wait' })
    })
    made.on('dropped', () => {
      if (made === client) for (const id of outgoing.dropUnsent()) view.failed(id)
    })
    made.on('message', hear)
  }

  function say(text: string): void {
    const message: Say = { type: 'say', id: crypto.randomUUID(), text }
    outgoing.add(message, state === 'open')
    view.waiting(message.id, text)
    try {
      client.send(JSON.stringify(message))
    } catch {
      outgoing.settle(message.id)
      view.failed(message.id)
    }
    tell()
  }

  function hear(data: unknown): void {
    const message = typeof data === 'string' ? parseRoomMessage(data) : undefined
    switch (message?.type) {
      case 'welcome':
        connection = message.connection
        events.onArrival(message.arrival)
        for (const said of message.history) {
          outgoing.settle(said.id)
          view.said(said)
        }
        break
      case 'said':
        outgoing.settle(message.id)
        view.said(message)
        break
      case 'people':
        view.people(message.names)
    }
    tell()
  }

  function tell(): void {
    const { size } = outgoing
    const waiting = size > 0 ? count(size, 'message waits', 'messages wait') : 'messages wait'
    if (state === 'open') view.notice('Connected: messages go out at once.', 'plain')
    else if (state === 'closed') view.notice('Stopped: nothing is sent any more.', 'bad')
    else view.notice(`Not connected: ${waiting}.`, 'wait')
  }

  return {
    element: view.element,
    get client() {
      return client
    },
    get connection() {
      return connection
    },
    connect: () => client.connect(),
    connectBy: (way) => {
      const before = client
      client = make(way)
      before.close()
      client.connect()
      for (const message of outgoing.all()) client.send(JSON.stringify(message))
    },
    close: () => client.close(),
  }
}
