import type { Grant, LiveState } from './server-state.ts'

/** The end of a session is announced ahead by a tenth of the credential's life, and at most by this. */
const maxNoticeMs = 60_000
const never = Infinity

/** When `auth_required` goes out for a credential that ends in `expiresInMs` (PROTOCOL 5.4). */
export function noticeAt(nowMs: number, expiresInMs: number): number {
  // Whole, as each connection keeps it.
  return Math.floor(nowMs + expiresInMs - Math.min(maxNoticeMs, expiresInMs / 10))
}

/** The earliest thing that a session waits for. */
export function sessionDueAt(state: LiveState): number {
  return Math.min(
    state.endsAtMs,
    state.noticeAtMs ?? never,
    state.requiredByMs ?? never,
    state.drainAtMs ?? never,
    state.heartbeatAtMs,
    (state.name === 'reauthenticating' ? state.refreshByMs : state.revalidateAtMs) ?? never,
  )
}

/** From when on nothing is delivered or sent, whether or not a timer has said so (P3). */
export function livesUntil({ endsAtMs, requiredByMs }: LiveState): number {
  return requiredByMs === undefined ? endsAtMs : Math.min(endsAtMs, requiredByMs)
}

/** True for a credential whose end, leeway included, has come; also where the end is no number (PROTOCOL 5.7). */
export function isOver({ expiresInMs, leewayMs = 0 }: Pick<Grant, 'expiresInMs' | 'leewayMs'>): boolean {
  return expiresInMs !== undefined && !(expiresInMs + leewayMs > 0)
}
