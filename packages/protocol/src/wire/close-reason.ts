/** The payload of a Close frame is at most 125 bytes, two of them the code (RFC 6455 §5.5). */
const maxBytes = 123
const marker = '; retry-after-ms='
/** A server's word on when to come back is believed up to an hour (PROTOCOL 6.3). */
const maxRetryAfterMs = 3_600_000

/**
 * A close reason that fits the frame: `text` cut to 123 bytes of UTF-8 without breaking a character, with
 * `; retry-after-ms=N` appended whole where there is a time. Lone surrogates become U+FFFD, as UTF-8 demands.
 */
export function closeReason(text: string, retryAfterMs?: number): string {
  const suffix = retryAfterMs === undefined ? '' : marker + Math.ceil(retryAfterMs)
  let room = maxBytes - suffix.length
  let kept = ''
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    const lone = point >= 0xd800 && point <= 0xdfff
    room -= point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    if (room < 0) break
    kept += lone ? '\ufffd' : character
  }
  return kept + suffix
}

/** The time in a close reason, in milliseconds, at most an hour; 0 where there is none. */
export function retryAfterOf(reason: string): number {
  return believedMs(Number(/; retry-after-ms=(\d+)$/.exec(reason)?.[1]))
}

/** A time from a peer as far as it is believed: a number from 0 to an hour; anything else is 0, no time at all. */
export function believedMs(value: unknown): number {
  return typeof value === 'number' && value > 0 ? Math.min(value, maxRetryAfterMs) : 0
}
