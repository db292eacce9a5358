import { expect, it } from 'vitest'
import { after, isPending, rescued } from './awaitable.ts'

const name = 'then'

/** A promise of another library, or something that only looks like one. */
function thenable(member: unknown): Promise<number> {
  return Object.defineProperty(Object.create(null), name, { value: member })
}

it.each([undefined, null, 5, 'then', {}, thenable(5), thenable(undefined)])('%s is at hand', (value) => {
  expect(isPending(value)).toBe(false)
})

it('a promise of any make is waited for, and what it rejects with is rescued', async () => {
  const resolving = thenable((resolve: (value: number) => void) => resolve(1))
  expect(await after(resolving, (value) => value + 1)).toBe(2)
  const rejecting = thenable((_: unknown, reject: (error: unknown) => void) => reject(new Error('away')))
  expect(
    await rescued(
      () => rejecting,
      () => 3,
    ),
  ).toBe(3)
})
