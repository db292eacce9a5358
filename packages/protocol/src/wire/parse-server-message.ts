import type { ServerMessage } from './messages.ts'
import { controlPrefix } from './serialize-message.ts'

/**
 * What a server says, answer or control, as a client reads it (PROTOCOL 3.2, 3.3, 5); a text that is no JSON object has
 * no members. They are looked at where they are used: one of another shape counts as absent.
 */
export function parseServerMessage(text: string): ServerMessage {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/** A member that is to be a number; one of another shape counts as absent. */
export function numberOr<Otherwise>(value: unknown, otherwise: Otherwise): number | Otherwise {
  return typeof value === 'number' ? value : otherwise
}

/**
 * What control starts with after this `auth_ok`, if it is one of version 1 (PROTOCOL 5.1); without a channel, control could not
 * be told from application text.
 */
export function controlOf({ v, channel }: ServerMessage): string | undefined {
  return v === 1 && typeof channel === 'string' && /^[\w-]{16}$/.test(channel)
    ? controlPrefix(channel)
    : undefined
}
