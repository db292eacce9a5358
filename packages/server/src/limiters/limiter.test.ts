import { AuthError } from '@wsauth/protocol'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Limiter, limited } from './limiter.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const attempt = { address: '192.0.2.1', subject: () => 'ada' }

function waiting(ms: number): Limiter {
  return { waitMs: () => ms, failed: vi.fn(), succeeded: vi.fn() }
}

it('who has to stay away is told so a quarter of a second late, and nothing is verified', async () => {
  const verify = vi.fn(() => 'principal')
  const limiter = waiting(60_000)
  const told = vi.fn()
  const answer = Promise.resolve(limited(limiter, attempt, verify)).catch(told)
  await vi.advanceTimersByTimeAsync(249)
  expect(told).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  await answer
  expect(told).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({
      error: 'slow_down',
      details: expect.objectContaining({ retryAfterMs: 60_000 }),
      // For the operator, in `detail` of `auth_fail`.
      message: expect.stringContaining('failuresPerSubject or failuresPerAddress'),
    }),
  )
  expect([verify, limiter.failed, limiter.succeeded].map((spy) => vi.mocked(spy).mock.calls.length)).toEqual([
    0, 0, 0,
  ])
})

it('a ticket names its user when it is redeemed: then the limiter is asked once more, and whoever fails is told the same', async () => {
  const byName = (good: boolean): Limiter => ({
    waitMs: vi.fn(({ subject }) => (subject() === 'ada' && good ? 0 : 60_000)),
    failed: vi.fn(),
    succeeded: vi.fn(),
  })
  const present = async (limiter: Limiter, redeemed: boolean) => {
    let name = '#ticket'
    const redeem = () => {
      if (!redeemed) throw new AuthError('invalid_token')
      name = 'ada'
      return 'principal'
    }
    const answer = Promise.resolve(
      limited(limiter, { ...attempt, subject: () => name }, redeem, { isTicket: true }),
    ).catch((error: unknown) => (error as AuthError).error)
    await vi.advanceTimersByTimeAsync(250)
    return answer
  }
  const good = byName(true)
  expect(await present(good, true)).toBe('principal')
  expect(good.succeeded).toHaveBeenCalledOnce()
  for (const [limiter, redeemed] of [
    [byName(false), true],
    [byName(true), false],
  ] as const) {
    expect(await present(limiter, redeemed)).toBe('slow_down')
    expect(limiter.failed).not.toHaveBeenCalled()
    expect(limiter.succeeded).not.toHaveBeenCalled()
  }
})

it('who may try is answered in the same turn', () => {
  const limiter = waiting(0)
  expect(limited(limiter, attempt, () => 'principal')).toBe('principal')
  expect(limiter.succeeded).toHaveBeenCalledExactlyOnceWith(attempt)
  expect(vi.getTimerCount()).toBe(0)
})

it.each(['invalid_token', 'token_expired', 'session_revoked'] as const)(
  'a credential that the verifier calls %s counts as refused',
  (error) => {
    const limiter = waiting(0)
    const refusing = () => {
      throw new AuthError(error)
    }
    expect(() => limited(limiter, attempt, refusing)).toThrow(error)
    expect(limiter.failed).toHaveBeenCalledExactlyOnceWith(attempt)
  },
)

it('what is no AuthError is nobody’s guess either, and goes on as it is', () => {
  const limiter = waiting(0)
  const failure = new RangeError('the database is away')
  const failing = () => {
    throw failure
  }
  expect(() => limited(limiter, attempt, failing)).toThrow(failure)
  expect(limiter.failed).not.toHaveBeenCalled()
})

it.each([undefined, { ...attempt, address: '' }])(
  'nobody is counted whose address is not known: %j',
  (unknown) => {
    const limiter = { ...waiting(0), waitMs: vi.fn(() => 60_000) }
    expect(limited(limiter, unknown, () => 'principal')).toBe('principal')
    expect(limiter.waitMs).not.toHaveBeenCalled()
    expect(limiter.succeeded).not.toHaveBeenCalled()
  },
)

it('a limiter that breaks says so, without its text', () => {
  const limiter = {
    ...waiting(0),
    waitMs: () => {
      throw new RangeError('planted')
    },
  }
  expect(() => limited(limiter, attempt, () => 'principal')).toThrow(/^the limiter threw: RangeError$/)
})

it.each(['insufficient_scope', 'access_denied', 'temporarily_unavailable', 'slow_down'] as const)(
  'one that is refused with %s is nobody’s guess',
  (error) => {
    const limiter = waiting(0)
    const refusing = () => {
      throw new AuthError(error)
    }
    expect(() => limited(limiter, attempt, refusing)).toThrow(error)
    expect(limiter.failed).not.toHaveBeenCalled()
  },
)
