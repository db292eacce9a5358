import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits, for cookies. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url')
}

/** What the database keeps of a token: enough to know it again, useless to whoever reads it. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
