import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { hashOf, randomToken } from './random-token.ts'

export const sessionMs: number = 7 * 24 * 3_600_000
// An answer that got lost (a reload, a cut network) leaves the browser with the token before.
const graceMs = 10_000

/** One log-in, on one browser, until its end or a log-out. */
export interface Session {
  readonly sessionId: string
  readonly userId: string
  readonly refreshToken: string
}

export type Rotation =
  | { readonly ok: true; readonly session: Session }
  /** `reusedSessionId`: a token was presented that somebody had used before; its whole session is over. */
  | { readonly ok: false; readonly reusedSessionId?: string }

/**
 * Log-ins and their refresh tokens. Each refresh replaces the token (RFC 9700 §4.14.2): a token that turns up again was
 * copied, so the session ends for whoever holds it. Tokens are stored hashed.
 *
 * One exception: within ten seconds, as long as its successor was never presented, the token before is taken once more
 * and the successor is void. A thief gains nothing by it: the next to present the void one ends the session.
 */
export class Sessions {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  open(userId: string, nowMs: number): Session {
    const sessionId = randomUUID()
    this.#database
      .prepare('INSERT INTO sessions (id, user_id, ends_at) VALUES (?, ?, ?)')
      .run(sessionId, userId, nowMs + sessionMs)
    return { sessionId, userId, refreshToken: this.#issue(sessionId) }
  }

  /** Node runs this to its end before anything else, so two requests cannot rotate the same token. */
  rotate(refreshToken: string, nowMs: number): Rotation {
    const hash = hashOf(refreshToken)
    const row = this.#find(hash)
    if (row === undefined || !isLive(row, nowMs)) return { ok: false }
    const sessionId = String(row.session_id)
    if (typeof row.replaced_at === 'number') {
      const lost = nowMs - row.replaced_at < graceMs && this.#isFresh(String(row.successor))
      if (!lost) {
        this.revoke(sessionId, nowMs)
        return { ok: false, reusedSessionId: sessionId }
      }
      this.#database
        .prepare('UPDATE refresh_tokens SET replaced_at = 0 WHERE hash = ?')
        .run(String(row.successor))
    }
    const successor = this.#issue(sessionId)
    this.#database
      .prepare(
        'UPDATE refresh_tokens SET replaced_at = coalesce(replaced_at, ?), successor = ? WHERE hash = ?',
      )
      .run(nowMs, hashOf(successor), hash)
    return { ok: true, session: { sessionId, userId: String(row.user_id), refreshToken: successor } }
  }

  /** The session that this token would refresh, without using it up. */
  sessionOf(refreshToken: string, nowMs: number): string | undefined {
    const row = this.#find(hashOf(refreshToken))
    return row !== undefined && isLive(row, nowMs) ? String(row.session_id) : undefined
  }

  userOf(sessionId: string): string | undefined {
    const row = this.#database.prepare('SELECT user_id FROM sessions WHERE id = ?').get(sessionId)
    return row === undefined ? undefined : String(row.user_id)
  }

  revoke(sessionId: string, nowMs: number): void {
    this.#database
      .prepare('UPDATE sessions SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
      .run(nowMs, sessionId)
  }

  /** Forgets what has ended; tokens of live sessions are kept, since a reuse of any of them must be noticed. */
  sweep(nowMs: number): void {
    this.#database
      .prepare('DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE ends_at < ?)')
      .run(nowMs)
    this.#database.prepare('DELETE FROM sessions WHERE ends_at < ?').run(nowMs)
  }

  #find(hash: string): Record<string, unknown> | undefined {
    return this.#database
      .prepare(
        `SELECT session_id, replaced_at, successor, user_id, ends_at, revoked_at
         FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = ?`,
      )
      .get(hash)
  }

  #isFresh(hash: string): boolean {
    const row = this.#database.prepare('SELECT replaced_at FROM refresh_tokens WHERE hash = ?').get(hash)
    return row !== undefined && row.replaced_at === null
  }

  #issue(sessionId: string): string {
    const token = randomToken()
    this.#database
      .prepare('INSERT INTO refresh_tokens (hash, session_id) VALUES (?, ?)')
      .run(hashOf(token), sessionId)
    return token
  }
}

function isLive(row: Record<string, unknown>, nowMs: number): boolean {
  return row.revoked_at === null && nowMs < Number(row.ends_at)
}
