import type { AuthErrorName, Secret, Version } from '@wsauth/protocol'
import type { Credential } from './authenticate.ts'
import type { Connection } from './connection.ts'
import type { DeadlineQueue } from './deadline-queue.ts'
import type { MethodFinding } from './methods/method.ts'
import type { ResolvedOptions } from './options.ts'
import type { Principal } from './principal.ts'
import type { UpgradeFacts } from './upgrade-request.ts'

/** An upgrade request after everything was read from it; the credential is in `finding`, nowhere else. */
export interface Arrival {
  readonly facts: UpgradeFacts
  /** When it came, on the monotonic clock: the deadline counts from here. */
  readonly atMs: number
  readonly version: Version
  readonly finding: MethodFinding
  /** The sub-protocol that is selected where the application selects none. */
  readonly subprotocol: string | undefined
}

/** What a connection needs of the runtime underneath. None of it throws, and none of it calls back at once but `admit`. */
export interface Edge {
  /** Answers the upgrade request with 101; false where the peer is gone. */
  accept(): boolean
  /** Answers it with the error's HTTP status, and ends. */
  reject(error: AuthErrorName, retryAfterMs?: number): void
  send(text: string): void
  ping(): void
  /** Starts the closing handshake (RFC 6455 §7.1.2). */
  close(code: number, reason: string): void
  /** Drops the connection. */
  terminate(): void
  /** Shows the connection to the application. */
  admit(): void
  /** Gives the application a message that was held. */
  deliver(data: unknown, isBinary: boolean): void
  /** Code of the application failed: closed with 1011. */
  fail(hook: string, error: unknown): void
  /** Bytes that have come in so far; `NaN`, which differs from itself, while the application does not read. */
  bytesRead(): number
  /** Stops and starts reading. */
  pause(): void
  resume(): void
}

/** What the connections of one server share. */
export interface Host {
  readonly options: ResolvedOptions
  readonly queue: DeadlineQueue
  /** Starts a verification, whose verdict goes to `connection.onVerdict`. */
  verify(connection: Connection, attempt: number, credential: Credential, reason: 'connect' | 'refresh'): void
  revalidate(connection: Connection, attempt: number): void
  /** Verifies the token of one message; throws `AuthError`. */
  verifyMessage(connection: Connection, token: Secret): Promise<Principal>
  admitted(connection: Connection): void
  /** Refused before it was admitted. */
  refused(connection: Connection, error: AuthErrorName, retryAfterMs?: number): void
  renewed(connection: Connection, take: () => void, refreshed: boolean): void
  refreshRefused(connection: Connection, error: AuthErrorName): void
  /** A live connection is closed by the server. */
  ended(connection: Connection, error: AuthErrorName | undefined): void
  /** It is live no more. */
  left(connection: Connection): void
  /** Its transport is gone. */
  gone(connection: Connection): void
}
