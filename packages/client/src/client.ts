import { actionNamed, numberOr, stepClient } from '@wsauth/protocol'
import { joinTabs } from '#tabs'
import { watchWakefulness } from '#wakefulness'
import { type Connection, openConnection } from './connection.ts'
import { Emitter } from './emitter.ts'
import type { ClientEvents, ClientStateName, Explanation } from './events.ts'
import { explain } from './explain.ts'
import { requireSafe } from './methods/require-safe.ts'
import { type AuthClientOptions, resolveOptions, type Setup } from './options.ts'
import { outbox, sizeOf } from './outbox.ts'
import { type Reconnection, reconnection } from './reconnect.ts'
import type { SocketData } from './socket.ts'
import { socketUrl } from './socket-url.ts'

/**
 * A connection that authenticates, stays authenticated and comes back.
 *
 * @example
 * const client = new AuthClient('wss://api.example.com/ws', { token: () => getAccessToken() })
 * client.on('message', (data) => show(data))
 * client.send('hello') // waits until authenticated
 */
export class AuthClient extends Emitter<ClientEvents> {
  readonly #setup: Setup & Pick<AuthClientOptions, 'reconnect' | 'tabs'>
  readonly #reconnection: Reconnection
  readonly #outbox = outbox()
  #past: readonly Explanation[] = []
  #state: ClientStateName = 'idle'
  #connection: Connection | undefined
  #userId: string | undefined
  #end: Error | undefined
  #unwatch = () => {}

  constructor(url: string | URL, options: AuthClientOptions) {
    super()
    const { allowInsecure, connect, protocols = [], reconnect } = options ?? {}
    this.#setup = resolveOptions(
      { ...options, url: socketUrl(url), protocols: [protocols].flat() },
      stepClient,
    )
    requireSafe(this.#setup.url, allowInsecure)
    this.#reconnection = reconnection(Object(reconnect), () => this.#dial())
    if (connect !== false) {
      this.connect()
      // Nobody could listen yet: who does right after construction hears of the first state as well.
      Promise.resolve().then(() => this.#state === 'connecting' && super.emit('state', 'connecting'))
    }
  }

  /** What it is doing; `on('state', …)` tells of each change. */
  get state(): ClientStateName {
    return this.#state
  }

  /** Who is signed in, once the server has said so. */
  get userId(): string | undefined {
    return this.#userId
  }

  /** Dials now, unless a connection is there or on its way. */
  connect(): void {
    if (this.#connection) return
    this.#setup.tokens.accept()
    this.#unwatch()
    // The page may have slept, or be back on a network: nothing is sent before expiry is looked at again.
    this.#unwatch = watchWakefulness(() => this.#connection?.feed('due') ?? this.#reconnection.hasten())
    this.#dial()
  }

  /** Ends it, until `connect()`. What waits in the outbox is dropped. */
  close(code?: number, reason?: string): void {
    const connection = this.#connection
    this.#stop(new Error('Closed by close()'))
    connection?.feed('leave', { code, reason })
  }

  /** Ends it, because the user leaves. */
  signOut(): void {
    this.close(1000, 'Signed out')
  }

  /** Presents a newer token now: on the connection where the server can take it there, on a new one otherwise. */
  reauthenticate(): void {
    const connection = this.#connection
    if (connection?.feed('refresh')) return
    this.#connection = undefined
    connection?.feed('leave', {})
    this.connect()
  }

  /**
   * Sends at once where that is possible, and once authenticated otherwise. Throws where nothing more can wait, and for what is
   * neither text nor bytes.
   */
  send(data: SocketData): void {
    const size = sizeOf(data)
    if (this.#state === 'closed') throw new Error('Closed: connect() first')
    if (!this.#connection?.send(data)) this.#outbox.add(data, size)
  }

  /** Resolves when open, rejects when the client stops. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (state: ClientStateName) => {
        if (state === 'open') resolve()
        else if (state === 'closed') reject(this.#end)
        else this.once('state', look)
      }
      look(this.#state)
    })
  }

  /** What happened last, in words, and what to do about it. */
  explain(): readonly Explanation[] {
    return this.#past
  }

  #dial(): void {
    this.#reconnection.cancel()
    const connection = openConnection(this.#setup, {
      dialled(socket) {
        socket.binaryType = 'arraybuffer'
      },
      authenticating: () => {
        if (connection === this.#connection) this.#enter('authenticating')
      },
      opened: (message, hide) => {
        const user = hide(message.userId, 24)
        const isSame = this.#userId === undefined || this.#userId === user
        this.#know(user)
        if (isSame) this.#flush()
        else this.#drop('user_changed')
        // What is sent or told on the way may end it.
        if (connection === this.#connection) this.#enter('open')
        if (connection === this.#connection && message.type) {
          this.emit('auth_ok', {
            userId: user,
            sessionId: hide(message.sessionId, 24),
            expiresInMs: numberOr(message.expiresInMs, undefined),
          })
        }
        if (connection === this.#connection) this.emit('open', { userId: user })
      },
      message: (data) => this.emit('message', data as string | ArrayBuffer),
      told: (message, hide) => {
        const { type } = message
        if (type === 'auth_ok') {
          // Nobody may have become somebody; where the server does not say who, what waits is for nobody else.
          this.#know(this.#userId || (hide(message.userId, 24) ?? this.#userId))
          this.#flush()
          this.emit('refresh', { expiresInMs: numberOr(message.expiresInMs, undefined) })
        }
        if (type === 'auth_fail') {
          this.emit('auth_fail', {
            error: hide(message.error),
            action: actionNamed(message.action, 'refresh'),
            retryAfterMs: numberOr(message.retryAfterMs, 0),
          })
        }
      },
      failed: (error) => this.emit('error', error),
      closed: ({ code, reason, action, error, retryAfterMs }, openMs) => {
        let retryInMs: number | undefined
        if (connection === this.#connection) {
          this.#connection = undefined
          if (this.#setup.reconnect !== false && action !== 'stop') {
            retryInMs = this.#reconnection.plan(openMs, retryAfterMs)
            this.#enter('waiting')
          } else this.#stop(new Error(`${code} ${error ?? reason}`))
        } else if (this.#state !== 'closed') return
        this.emit('close', { code, reason, action, retryInMs })
      },
    })
    this.#connection = connection
    this.#enter('connecting')
  }

  #flush(): void {
    for (const data of this.#outbox.take()) {
      try {
        this.send(data)
      } catch (error) {
        // It alone: the others are sent.
        this.emit('error', error)
      }
    }
  }

  /** Tabs share tokens with those of the same user only. */
  #know(userId: string | undefined): void {
    if (userId === this.#userId) return
    this.#userId = userId
    const { tokens, renews, tabs, url } = this.#setup
    tokens.tabs?.leave()
    tokens.tabs = userId && renews && tabs !== false ? joinTabs(`wsauth ${url} ${userId}`) : undefined
  }

  #stop(error: Error): void {
    this.#connection = undefined
    this.#end = error
    this.#reconnection.cancel()
    this.#unwatch()
    this.#know(undefined)
    // Who hears of it may connect again: what is sent from then on waits for that.
    const left = this.#outbox.take()
    this.#enter('closed')
    this.#drop('stopped', left)
  }

  #drop(reason: 'user_changed' | 'stopped', { length: count } = this.#outbox.take()): void {
    if (count) this.emit('dropped', { count, reason })
  }

  #enter(state: ClientStateName): void {
    if (state === this.#state) return
    this.#state = state
    this.emit('state', state)
  }

  /** What is told is remembered, but for messages, which are the application's own. */
  protected override emit<Name extends keyof ClientEvents>(
    name: Name,
    event: Parameters<ClientEvents[Name]>[0],
  ): void {
    const history = 50
    if (name !== 'message') this.#past = [...this.#past, explain(Date.now(), name, event)].slice(-history)
    super.emit(name, event)
  }
}
