import { AuthError, type AuthErrorName, type AuthRequiredReason } from '@wsauth/protocol'
import type { SocketAuth } from './socket-auth.ts'

interface Waiter {
  resolve(auth: SocketAuth): void
  reject(error: AuthError): void
}

/** Those who wait for a newer token on one connection (`socket.requireAuth`). */
export class StepUp {
  #waiters: Waiter[] = []

  get isAwaited(): boolean {
    return this.#waiters.length > 0
  }

  /** Resolves with the newer `auth`, or rejects with an `AuthError`. Nobody has to be there for the latter. */
  wait(): Promise<SocketAuth> {
    const promise = new Promise<SocketAuth>((resolve, reject) => this.#waiters.push({ resolve, reject }))
    // Who asks and does not wait shall not end the process when the peer leaves.
    promise.catch(() => {})
    return promise
  }

  renewed(auth: SocketAuth): void {
    for (const { resolve } of this.#waiters.splice(0)) resolve(auth)
  }

  over(error: AuthErrorName): void {
    for (const { reject } of this.#waiters.splice(0)) {
      reject(new AuthError(error, { message: 'the connection ended before a newer token came' }))
    }
  }
}

const reasons: Readonly<Record<AuthRequiredReason, true>> = { expiring: true, revoked: true, step_up: true }

/** Throws a `TypeError` for a demand that no client knows, that none can meet, or whose time never comes: the connection would outlive it (P3). */
export function assertDemand(reason: unknown, deadlineMs: unknown): void {
  if (typeof reason !== 'string' || !Object.hasOwn(reasons, reason)) {
    throw new TypeError("requireAuth: `reason` is 'step_up', 'expiring' or 'revoked'")
  }
  if (typeof deadlineMs === 'number' && deadlineMs > 0 && Number.isFinite(deadlineMs)) return
  throw new TypeError('requireAuth: `deadlineMs` is a number of milliseconds above 0, such as 30_000')
}
