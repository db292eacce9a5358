import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyText } from '../../test/any-text.ts'
import { believedMs, closeReason, retryAfterOf } from './close-reason.ts'
import { failures } from './error-codes.ts'
import { failureReason } from './serialize-message.ts'

const bytes = (text: string): number => new TextEncoder().encode(text).length
/** As it arrives; a byte order mark is a character like any other. */
const wellFormed = (text: string): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text))
const someText = anyText({ maxLength: 300 })

it('6.2 leaves what fits as it is', () => {
  expect(closeReason('Authentication timeout')).toBe('Authentication timeout')
  expect(closeReason('x'.repeat(123))).toHaveLength(123)
  expect(closeReason('')).toBe('')
})

it.each([
  ['x'.repeat(124), 'x'.repeat(123)],
  ['é'.repeat(70), 'é'.repeat(61)],
  ['€'.repeat(50), '€'.repeat(41)],
  ['🔑'.repeat(40), '🔑'.repeat(30)],
  [`${'x'.repeat(121)}€`, 'x'.repeat(121)],
  ['\ud83d', '\ufffd'],
  ['\udd11\ud83d', '\ufffd\ufffd'],
])('6.2 cuts %j between characters', (text, cut) => {
  expect(closeReason(text)).toBe(cut)
})

it('6.2 keeps the time whole and cuts the text', () => {
  expect(closeReason('Service restart', 1_500.2)).toBe('Service restart; retry-after-ms=1501')
  const cut = closeReason('€'.repeat(100), 60_000)
  expect(bytes(cut)).toBeLessThanOrEqual(123)
  expect(retryAfterOf(cut)).toBe(60_000)
})

it('6.2 fits the frame, is well-formed and keeps the beginning, whatever the text', () => {
  fc.assert(
    fc.property(someText, fc.option(fc.nat(), { nil: undefined }), (text, retryAfterMs) => {
      const reason = closeReason(text, retryAfterMs)
      expect(bytes(reason)).toBeLessThanOrEqual(123)
      expect(wellFormed(reason)).toBe(reason)
      const suffix = retryAfterMs === undefined ? '' : `; retry-after-ms=${retryAfterMs}`
      expect(reason.endsWith(suffix)).toBe(true)
      const kept = reason.slice(0, reason.length - suffix.length)
      const whole = wellFormed(text)
      expect(whole.startsWith(kept)).toBe(true)
      // Nothing that would have fitted is left out.
      const next = [...whole.slice(kept.length)][0]
      if (next !== undefined) expect(bytes(kept + next + suffix)).toBeGreaterThan(123)
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 2_000) },
  )
})

it('6.2 every reason of the table fits, with the longest time', () => {
  for (const name of Object.keys(failures) as (keyof typeof failures)[]) {
    const reason = failureReason(name, Number.MAX_SAFE_INTEGER)
    expect(reason.startsWith(failures[name].reason)).toBe(true)
    expect(bytes(reason)).toBeLessThanOrEqual(123)
  }
})

it('6.2 a time that is none is left out', () => {
  expect(failureReason('slow_down', Number.NaN)).toBe('Too many attempts')
  expect(failureReason('slow_down', Number.POSITIVE_INFINITY)).toBe('Too many attempts')
  expect(failureReason('slow_down', -5)).toBe('Too many attempts; retry-after-ms=0')
})

it.each([
  ['Service restart; retry-after-ms=1500', 1_500],
  ['; retry-after-ms=0', 0],
  ['Service restart; retry-after-ms=99999999999999999999', 3_600_000],
  ['Service restart', 0],
  ['retry-after-ms=5', 0],
  ['x; retry-after-ms=5 y', 0],
  ['x; retry-after-ms=-5', 0],
  ['x; retry-after-ms=1e9', 0],
  ['x; retry-after-ms=', 0],
  ['', 0],
])('6.3 reads the time in %j', (reason, ms) => {
  expect(retryAfterOf(reason)).toBe(ms)
})

it.each([
  [0, 0],
  [-1, 0],
  [1_500, 1_500],
  [3_600_001, 3_600_000],
  [Number.POSITIVE_INFINITY, 3_600_000],
  [Number.NaN, 0],
  ['1500', 0],
  [null, 0],
  [undefined, 0],
  [{}, 0],
])('6.3 believes %s up to an hour', (value, ms) => {
  expect(believedMs(value)).toBe(ms)
})
