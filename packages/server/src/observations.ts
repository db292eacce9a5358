import type { AuthErrorName } from '@wsauth/protocol'
import type { Connection } from './connection.ts'
import {
  type AuthEvents,
  type AuthWarningEvent,
  escaped,
  type PeerFacts,
  type SessionFacts,
} from './events.ts'
import { detailOfRefresh, detailOfRefusal } from './refusal-detail.ts'

/** Told what happens; nothing in it is a secret. */
export interface Observer {
  /** Whether anybody listens, so that nothing is put together for nobody. */
  wants(name: keyof AuthEvents): boolean
  tell<Name extends keyof AuthEvents>(name: Name, event: AuthEvents[Name], connection: Connection): void
  /** About the server, not a connection. */
  warn(event: AuthWarningEvent): void
}

/** How often, by error; one that never happened is absent. */
export type ErrorCounts = Readonly<Partial<Record<AuthErrorName, number>>>

/** What a server has done since it started. */
export interface Totals {
  /** Connections that were authenticated. */
  readonly admitted: number
  /** Refused before they were admitted, by error. */
  readonly refused: ErrorCounts
  /** Newer credentials that live connections presented. */
  readonly refreshed: number
  /** The same, refused; the connection lives on. */
  readonly refreshRefused: ErrorCounts
  /** Live connections that the server closed, by error. */
  readonly ended: ErrorCounts
}

/** Counts what happens, and tells it to those who listen. */
export class Observations {
  readonly #observer: Observer
  readonly #refused = new Map<AuthErrorName, number>()
  readonly #refreshRefused = new Map<AuthErrorName, number>()
  readonly #ended = new Map<AuthErrorName, number>()
  #admitted = 0
  #refreshed = 0

  constructor(observer: Observer) {
    this.#observer = observer
  }

  totals(): Totals {
    return {
      admitted: this.#admitted,
      refused: Object.fromEntries(this.#refused),
      refreshed: this.#refreshed,
      refreshRefused: Object.fromEntries(this.#refreshRefused),
      ended: Object.fromEntries(this.#ended),
    }
  }

  admitted(connection: Connection, tookMs: number): void {
    this.#admitted++
    if (!this.#observer.wants('auth_ok')) return
    const facts = { ...sessionFacts(connection), ...peerFacts(connection), ...endOf(connection) }
    this.#observer.tell('auth_ok', { ...facts, version: connection.version, tookMs }, connection)
  }

  refused(connection: Connection, error: AuthErrorName, retryAfterMs = 0): void {
    count(this.#refused, error)
    if (!this.#observer.wants('auth_fail')) return
    const { requestMethod, method = requestMethod } = connection.work ?? {}
    const why = explained(detailOfRefusal(connection, error))
    const how = method === undefined ? {} : { method: method.name }
    const after = retryAfterMs > 0 ? { retryAfterMs } : {}
    this.#observer.tell(
      'auth_fail',
      { error, ...how, ...peerFacts(connection), ...after, ...why },
      connection,
    )
  }

  refreshed(connection: Connection): void {
    this.#refreshed++
    if (!this.#observer.wants('auth_refresh')) return
    this.#observer.tell('auth_refresh', { ...sessionFacts(connection), ...endOf(connection) }, connection)
  }

  refreshRefused(connection: Connection, error: AuthErrorName): void {
    count(this.#refreshRefused, error)
    this.#fail(connection, error, detailOfRefresh(connection, error))
  }

  /** A live connection is closed by the server; what has nothing to do with authentication is only counted. */
  ended(connection: Connection, error: AuthErrorName): void {
    count(this.#ended, error)
    switch (error) {
      case 'token_expired':
      case 'timeout':
        if (!this.#observer.wants('auth_expired')) return
        this.#observer.tell('auth_expired', { ...sessionFacts(connection), error }, connection)
        return
      case 'session_revoked':
      case 'access_denied':
      case 'insufficient_scope':
        if (!this.#observer.wants('auth_revoked')) return
        this.#observer.tell('auth_revoked', { ...sessionFacts(connection), error }, connection)
        return
      case 'invalid_token':
      case 'invalid_request':
        this.#fail(connection, error)
    }
  }

  #fail(connection: Connection, error: AuthErrorName, detail?: string): void {
    if (!this.#observer.wants('auth_fail')) return
    const facts = { ...sessionFacts(connection), ...peerFacts(connection), ...explained(detail) }
    this.#observer.tell('auth_fail', { error, ...facts }, connection)
  }
}

function explained(detail: string | undefined): { readonly detail?: string } {
  return detail === undefined ? {} : { detail: escaped(detail) }
}

function sessionFacts({ auth }: Connection): SessionFacts {
  const { userId = '', sessionId = '', method = 'anonymous' } = auth ?? {}
  return { userId: escaped(userId), sessionId: escaped(sessionId), method }
}

function peerFacts({ address, path, origin }: Connection): PeerFacts {
  const page = origin === undefined ? {} : { origin: escaped(origin) }
  return { address: escaped(address), path: escaped(path), ...page }
}

function endOf({ auth }: Connection): { readonly expiresAt?: number } {
  return auth?.expiresAt === undefined ? {} : { expiresAt: auth.expiresAt }
}

function count(counts: Map<AuthErrorName, number>, error: AuthErrorName): void {
  counts.set(error, (counts.get(error) ?? 0) + 1)
}
