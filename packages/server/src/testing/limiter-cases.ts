import assert from 'node:assert/strict'
import type { Attempt, Limiter } from '../limiters/limiter.ts'
import { type Case, wait } from './case.ts'

interface Limits {
  readonly failuresPerAddress: number
  readonly failuresPerSubject: number
}
type MakeLimiter = (limits: Limits) => Limiter | Promise<Limiter>

const limits: Limits = { failuresPerAddress: 5, failuresPerSubject: 2 }
const attempt = (address: string, subject?: string): Attempt => ({ address, subject: () => subject })
const minuteMs = 60_000

async function fail(limiter: Limiter, times: number, of: (n: number) => Attempt): Promise<void> {
  for (let n = 0; n < times; n++) await limiter.failed(of(n))
}

async function assertWaits(limiter: Limiter, of: Attempt): Promise<void> {
  const waitMs = await limiter.waitMs(of)
  assert.ok(waitMs > 0 && waitMs <= minuteMs, `waits ${waitMs} ms`)
}

/**
 * What every limiter promises. `make` is given limits of its own, small ones. Two cases let a minute or an hour pass.
 *
 * @example for (const { name, run } of limiterCases) it(name, () => run((limits) => new MemoryLimiter(limits), advance))
 */
export const limiterCases: readonly Case<MakeLimiter>[] = [
  {
    name: 'lets everybody try to begin with',
    run: async (make) => {
      const limiter = await make(limits)
      assert.equal(await limiter.waitMs(attempt('192.0.2.1', '@ada')), 0)
      assert.equal(await limiter.waitMs(attempt('192.0.2.1')), 0)
    },
  },
  {
    name: 'does not count what succeeded',
    run: async (make) => {
      const limiter = await make(limits)
      for (let n = 0; n < 20; n++) await limiter.succeeded(attempt('192.0.2.1', '@ada'))
      assert.equal(await limiter.waitMs(attempt('192.0.2.1', '@ada')), 0)
    },
  },
  {
    name: 'slows a subject down at one address, and nobody else',
    run: async (make) => {
      const limiter = await make(limits)
      await fail(limiter, 1, () => attempt('192.0.2.1', '@ada'))
      assert.equal(await limiter.waitMs(attempt('192.0.2.1', '@ada')), 0)
      await fail(limiter, 1, () => attempt('192.0.2.1', '@ada'))
      await assertWaits(limiter, attempt('192.0.2.1', '@ada'))
      assert.equal(await limiter.waitMs(attempt('192.0.2.1', '@bob')), 0)
      assert.equal(await limiter.waitMs(attempt('192.0.2.2', '@ada')), 0)
    },
  },
  {
    name: 'slows an address down, and no other',
    run: async (make) => {
      const limiter = await make(limits)
      await fail(limiter, 5, (n) => attempt('192.0.2.1', `@user-${n}`))
      await assertWaits(limiter, attempt('192.0.2.1', '@new'))
      await assertWaits(limiter, attempt('192.0.2.1'))
      assert.equal(await limiter.waitMs(attempt('192.0.2.2', '@new')), 0)
    },
  },
  {
    name: 'spares a subject that was good there: neighbours do not pay',
    run: async (make) => {
      const limiter = await make(limits)
      await limiter.succeeded(attempt('192.0.2.1', '@ada'))
      await fail(limiter, 50, () => attempt('192.0.2.1'))
      assert.equal(await limiter.waitMs(attempt('192.0.2.1', '@ada')), 0)
      await assertWaits(limiter, attempt('192.0.2.1', '@bob'))
    },
  },
  {
    name: 'does not spare it elsewhere, nor where its own failures are too many',
    run: async (make) => {
      const limiter = await make(limits)
      await limiter.succeeded(attempt('192.0.2.1', '@ada'))
      await fail(limiter, 5, () => attempt('192.0.2.2'))
      await assertWaits(limiter, attempt('192.0.2.2', '@ada'))
      await fail(limiter, 2, () => attempt('192.0.2.1', '@ada'))
      await assertWaits(limiter, attempt('192.0.2.1', '@ada'))
    },
  },
  {
    name: 'counts failures that race',
    run: async (make) => {
      const limiter = await make(limits)
      await Promise.all(Array.from({ length: 5 }, () => limiter.failed(attempt('192.0.2.1'))))
      await assertWaits(limiter, attempt('192.0.2.1', '@new'))
    },
  },
  {
    name: 'keeps subjects apart whatever stands in them',
    run: async (make) => {
      const limiter = await make(limits)
      await fail(limiter, 2, () => attempt('192.0.2.1', '@a b:c*\u0000__proto__'))
      await assertWaits(limiter, attempt('192.0.2.1', '@a b:c*\u0000__proto__'))
      assert.equal(await limiter.waitMs(attempt('192.0.2.1', '@a b:c*')), 0)
      assert.equal(await limiter.waitMs(attempt('192.0.2.1', '__proto__')), 0)
    },
  },
  {
    name: 'lets everybody try again after a minute',
    run: async (make, pass = wait) => {
      const limiter = await make(limits)
      await fail(limiter, 5, () => attempt('192.0.2.1', '@ada'))
      await pass(minuteMs + 1)
      assert.equal(await limiter.waitMs(attempt('192.0.2.1', '@ada')), 0)
    },
  },
  {
    name: 'remembers a good subject for an hour',
    run: async (make, pass = wait) => {
      const limiter = await make(limits)
      await limiter.succeeded(attempt('192.0.2.1', '@ada'))
      await pass(59 * minuteMs)
      await fail(limiter, 5, () => attempt('192.0.2.1'))
      assert.equal(await limiter.waitMs(attempt('192.0.2.1', '@ada')), 0)
      await pass(2 * minuteMs)
      await fail(limiter, 5, () => attempt('192.0.2.1'))
      await assertWaits(limiter, attempt('192.0.2.1', '@ada'))
    },
  },
]
