import { createHash } from 'node:crypto'
import { isId } from '../principal.ts'

/** Who tries to authenticate, as far as that is known before anything is verified. */
export interface Attempt {
  /** `addressGroup` of the request. */
  readonly address: string
  /** Whom the credential claims to be from, unverified; asked for only where it matters. */
  subject(): string | undefined
}

/** Slows guessing down. Any member may throw; the attempt is then `temporarily_unavailable`. */
export interface Limiter {
  /** How long this client has to stay away, in milliseconds; 0 lets it try. Comes before any cryptography. */
  waitMs(attempt: Attempt): number | Promise<number>
  /** The credential was refused. Two callers at once both count. */
  failed(attempt: Attempt): void | Promise<void>
  /** The credential was good. */
  succeeded(attempt: Attempt): void | Promise<void>
}

/**
 * Whom a credential claims to be from, for counting alone: `sub` of a JWT, unverified, or a hash of anything else, so that
 * a token that was good here before is known again. `undefined` where it makes no sense.
 */
export function claimedSubject(token: string): string | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return `#${createHash('sha256').update(token).digest('base64url')}`
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString())
    if (typeof claims !== 'object' || claims === null || !('sub' in claims)) return undefined
    return isId(claims.sub) ? `@${claims.sub}` : undefined
  } catch {
    return undefined
  }
}
