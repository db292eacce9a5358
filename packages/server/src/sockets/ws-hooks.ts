import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Connection } from '../connection.ts'
import {
  type AuthEvents,
  type AuthWarningEvent,
  type HookErrorEvent,
  hasSubscribers,
  publish,
  publishStoreHealth,
} from '../events.ts'
import type { Observer } from '../observations.ts'
import type { StoreHealthEvent, StoreName } from '../store-health.ts'
import { type AuthWebSocket, fail } from './ws-socket.ts'

/** What a server emits besides what `ws` does. */
type ServerEvents = AuthEvents & {
  hook_error: HookErrorEvent
  store_health: StoreHealthEvent
  auth_warning: AuthWarningEvent
}

/** What `ws` emits, which has its types spelled out where an overload of ours hides its. */
interface WsEvents {
  readonly connection: [socket: AuthWebSocket, request: IncomingMessage]
  readonly error: [error: Error]
  readonly headers: [headers: string[], request: IncomingMessage]
  readonly wsClientError: [error: Error, socket: Duplex, request: IncomingMessage]
  readonly close: []
  readonly listening: []
}

/** What listeners of a server are called with. */
export type Events = WsEvents & { [Name in keyof ServerEvents]: [event: ServerEvents[Name]] }

const stores: Readonly<Record<StoreName, true>> = {
  revocations: true,
  limiter: true,
  tickets: true,
  connections: true,
}

/** A store is told of a connection that is over, or of one that is closed anyway; `handleUpgrade` and methods had none. */
function whatFailed(hook: string): string {
  if (hook === 'handleUpgrade') return 'handleUpgrade failed'
  if (hook === 'methods' || Object.hasOwn(stores, hook)) return `auth.${hook} failed`
  return `a listener of '${hook}' failed, and its connection was closed with 1011`
}

/** What is closed where a listener failed. */
interface Failing {
  fail(hook: string, error: unknown): void
}

/**
 * Tells the application what happens, and survives what its listeners do: one that throws or rejects closes the connection
 * that it was told about, and no other (SECURITY 30).
 */
export class Hooks implements Observer {
  readonly #server: EventEmitter
  /** Whose connection an event was about, in case a listener rejects. */
  readonly #about: WeakMap<object, Failing> = new WeakMap()

  constructor(server: EventEmitter) {
    this.#server = server
  }

  wants(name: keyof AuthEvents): boolean {
    return this.#server.listenerCount(name) > 0 || hasSubscribers(name)
  }

  tell<Name extends keyof AuthEvents>(name: Name, event: AuthEvents[Name], connection: Connection): void {
    publish(name, event)
    if (this.#server.listenerCount(name) === 0) return
    this.run(name, connection.edge, event, () => this.#server.emit(name, event))
  }

  /** Runs listeners that are called with `about`; the connection fails with them. */
  run(name: string, failing: Failing, about: unknown, emit: () => boolean): boolean {
    if (typeof about === 'object' && about !== null) this.concerns(about, failing)
    try {
      return emit()
    } catch (error) {
      failing.fail(name, error)
      return true
    }
  }

  /** What a listener is called with, and whose connection it is about. */
  concerns(about: object, failing: Failing): void {
    this.#about.set(about, failing)
  }

  tellOfStore(event: StoreHealthEvent): void {
    publishStoreHealth(event)
    this.#emit('store_health', event)
  }

  warn(event: AuthWarningEvent): void {
    this.#emit('auth_warning', event)
  }

  #emit(name: 'store_health' | 'auth_warning', event: object): void {
    try {
      this.#server.emit(name, event)
    } catch (error) {
      this.failed(name, error)
    }
  }

  /** Code of the application threw. Where nobody listens to `hook_error`, it is a warning of the process. */
  failed(hook: string, error: unknown): void {
    if (hook !== 'hook_error' && this.#server.listenerCount('hook_error') > 0) {
      try {
        this.#server.emit('hook_error', { hook, error })
      } catch (another) {
        this.failed('hook_error', another)
      }
      return
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.emitWarning(`${whatFailed(hook)}: ${text}`, 'WsauthHookError')
  }

  /** A listener rejected; `about` is the first thing that it was called with. */
  rejected(hook: string, error: unknown, about: unknown): void {
    const failing = typeof about === 'object' && about !== null ? this.#about.get(about) : undefined
    if (failing) failing.fail(hook, error)
    else if (!fail(about, hook, error)) this.failed(hook, error)
  }
}
