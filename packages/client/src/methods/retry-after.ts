/**
 * The time of a `Retry-After`, in milliseconds: seconds or a date (RFC 9110 §10.2.3), counted from the `Date` of the same response where
 * it is shown, so that a wrong clock on this side changes nothing. 0 where there is none.
 */
export function retryAfterMs(value: string | null = '', date: string | null = ''): number {
  const seconds = Number(value)
  const ms = Number.isNaN(seconds)
    ? Date.parse(`${value}`) - (Date.parse(`${date}`) || Date.now())
    : seconds * 1_000
  return ms > 0 && ms < Infinity ? Math.ceil(ms) : 0
}
