import type { Grant, LiveState } from './server-state.ts'

/** The end of a session is announced ahead by a tenth of the credential's life, and at most by this. */
const maxNoticeMs = 60_000

/** When `auth_required` goes out for a credential that ends in `expiresInMs` (PROTOCOL 5.4). */
export function noticeAt(nowMs: number, expiresInMs: number): number {
  return nowMs + expiresInMs - Math.min(maxNoticeMs, expiresInMs / 10)
}

/** The earliest thing that a session waits for. */
export function sessionDueAt(state: LiveState): number {
  return Math.min(
    state.endsAtMs,
    state.noticeAtMs,
    state.requiredByMs,
    state.drainAtMs,
    state.heartbeatAtMs,
    state.name === 'reauthenticating' ? state.refreshByMs : state.revalidateAtMs,
  )
}

/** True for a credential whose end, leeway included, has come; also where the end is no number (PROTOCOL 5.7). */
export function isOver({ expiresInMs, leewayMs = 0 }: Grant): boolean {
  return expiresInMs !== undefined && !(expiresInMs + leewayMs > 0)
}

/** When a client refreshes: between 70 and 85 % of the credential's life, by a `share` from 0 to 1 of its own. */
export function refreshAt(nowMs: number, expiresInMs: number, share: number): number {
  return nowMs + expiresInMs * (0.7 + 0.15 * share)
}
