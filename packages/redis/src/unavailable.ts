import { AuthError } from '@wsauth/protocol'
import { RedisUnavailable } from './redis-link.ts'

/**
 * `temporarily_unavailable`, with the first word of what the server said: its errors may quote keys and arguments. The remedy
 * where it is the caller's to find.
 */
export function unavailable(error: unknown): AuthError {
  if (error instanceof RedisUnavailable)
    return new AuthError('temporarily_unavailable', { message: error.message })
  const said = error instanceof Error ? error.message : ''
  const word = /^[A-Z]{2,}/.exec(said)?.[0] ?? 'an error'
  const isFence = /INFO|not allowed from script|can't run this command|NOPERM/i.test(said)
  const remedy = isFence
    ? ": this server does not let scripts call INFO; see the option fence: 'none' and what it gives up"
    : ''
  return new AuthError('temporarily_unavailable', { message: `Redis answered ${word}${remedy}` })
}
