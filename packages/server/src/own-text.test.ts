import { expect, it } from 'vitest'
import { bytesEach } from '../test/support/heap.ts'
import { SharedText } from './arrivals.ts'
import { ownText } from './own-text.ts'
import { removeParam } from './redact.ts'

const path = '/a/path/that/is/long/enough/to/be/a/piece'
const tokenBytes = 1_000_000

/** What is left of 100 requests with a token of 1 MB each, in bytes each, where `kept` is kept of them. */
function leftOf(kept: (target: string) => unknown): number {
  return bytesEach(100, (i) =>
    kept(Buffer.from(`${path}${i}?room=general&token=${'t'.repeat(tokenBytes)}`).toString()),
  )
}

it('a piece of a text keeps all of it, or this test would show nothing', () => {
  expect(leftOf((target) => target.slice(0, target.indexOf('?')))).toBeGreaterThan(tokenBytes / 2)
})

it.each([
  ['a piece', (target: string) => ownText(target.slice(0, target.indexOf('?')))],
  ['a path', (target: string) => new SharedText().of(target.slice(0, target.indexOf('?')))],
  ['a target that was redacted', (target: string) => removeParam(target, 'token')],
])('what is kept of %s keeps nothing of the token', (_, kept) => {
  expect(leftOf(kept)).toBeLessThan(tokenBytes / 10)
})
