import assert from 'node:assert/strict'
import { isAuthError } from '@wsauth/protocol'
import { maxOutstandingTickets, type TicketGrant, type TicketStore } from '../stores/ticket-store.ts'
import { type Case, wait } from './case.ts'

type MakeStore = () => TicketStore | Promise<TicketStore>

const keyOf = (n: number): string => `key-${n}-`.padEnd(43, 'x')
const grantFor = (userId: string): TicketGrant => ({ principal: { userId } })
/** Times of the cases that let time pass: long enough for a store on another machine. */
const shortSeconds = 0.3
const pastShortMs = 400

/**
 * What every ticket store promises: redeemed at most once, gone in time, bounded per subject.
 *
 * @example for (const { name, run } of ticketStoreCases) it(name, () => run(() => new MemoryTicketStore()))
 */
export const ticketStoreCases: readonly Case<MakeStore>[] = [
  {
    name: 'hands a grant out once',
    run: async (make) => {
      const store = await make()
      await store.put(keyOf(1), grantFor('ada'), 30)
      assert.equal((await store.take(keyOf(1)))?.principal.userId, 'ada')
      assert.equal(await store.take(keyOf(1)), undefined)
    },
  },
  {
    name: 'has one winner among 200 who take at once',
    run: async (make) => {
      const store = await make()
      await store.put(keyOf(1), grantFor('ada'), 30)
      const taken = await Promise.all(Array.from({ length: 200 }, () => store.take(keyOf(1))))
      assert.equal(taken.filter((grant) => grant !== undefined).length, 1)
    },
  },
  {
    name: 'knows nothing of a key that was never put',
    run: async (make) => {
      const store = await make()
      await store.put(keyOf(1), grantFor('ada'), 30)
      for (const key of [keyOf(2), '', '*', '__proto__', 'constructor', keyOf(1).toUpperCase()]) {
        assert.equal(await store.take(key), undefined, key)
      }
    },
  },
  {
    name: 'gives back what was put, whatever stands in it',
    run: async (make) => {
      const store = await make()
      const claims = JSON.parse(
        '{"__proto__":{"admin":true},"name":"Ada \\ud83d\\ude80","list":[1,null,{"a":"b:c"}]}',
      )
      const principal = {
        userId: 'ada',
        claims,
        expiresAt: 1e12,
        leewayMs: 5_000,
        sessionId: 's',
        issuedAt: 1,
      }
      const grant = { principal, origin: 'https://app.example', path: '/ws' }
      await store.put(keyOf(1), grant, 30)
      const taken = await store.take(keyOf(1))
      assert.equal(JSON.stringify(taken), JSON.stringify(grant))
      assert.equal(Object.hasOwn(taken?.principal.claims ?? {}, 'admin'), false)
    },
  },
  {
    name: 'keeps tickets apart',
    run: async (make) => {
      const store = await make()
      await store.put(keyOf(1), grantFor('ada'), 30)
      await store.put(keyOf(2), grantFor('bob'), 30)
      assert.equal((await store.take(keyOf(2)))?.principal.userId, 'bob')
      assert.equal((await store.take(keyOf(1)))?.principal.userId, 'ada')
    },
  },
  {
    name: 'forgets a ticket when its time is over, a fraction of a second included',
    run: async (make, pass = wait) => {
      const store = await make()
      await store.put(keyOf(1), grantFor('ada'), shortSeconds)
      await store.put(keyOf(2), grantFor('ada'), 30)
      await pass(pastShortMs)
      assert.equal(await store.take(keyOf(1)), undefined)
      assert.equal((await store.take(keyOf(2)))?.principal.userId, 'ada')
    },
  },
  {
    name: `refuses ticket ${maxOutstandingTickets + 1} of one subject with slow_down, and no other subject's`,
    run: async (make) => {
      const store = await make()
      for (let n = 0; n < maxOutstandingTickets; n++) await store.put(keyOf(n), grantFor('ada'), 30)
      await assert.rejects(store.put(keyOf(99), grantFor('ada'), 30), (error) => {
        assert.ok(isAuthError(error, 'slow_down'))
        const { retryAfterMs = 0 } = error.details
        assert.ok(retryAfterMs > 0 && retryAfterMs <= 30_000, `retryAfterMs is ${retryAfterMs}`)
        return true
      })
      assert.equal(await store.take(keyOf(99)), undefined)
      await store.put(keyOf(100), grantFor('bob'), 30)
    },
  },
  {
    name: 'counts a ticket no longer once it was taken',
    run: async (make) => {
      const store = await make()
      for (let n = 0; n < maxOutstandingTickets; n++) await store.put(keyOf(n), grantFor('ada'), 30)
      await store.take(keyOf(0))
      await store.put(keyOf(99), grantFor('ada'), 30)
      assert.ok(await store.take(keyOf(99)))
    },
  },
  {
    name: 'counts a ticket no longer once its time is over',
    run: async (make, pass = wait) => {
      const store = await make()
      await store.put(keyOf(0), grantFor('ada'), 30)
      for (let n = 1; n < maxOutstandingTickets; n++) await store.put(keyOf(n), grantFor('ada'), shortSeconds)
      await pass(pastShortMs)
      await store.put(keyOf(99), grantFor('ada'), 30)
      assert.ok(await store.take(keyOf(99)))
      assert.ok(await store.take(keyOf(0)))
    },
  },
  {
    name: 'does not let more than its share through when they are put at once',
    run: async (make) => {
      const store = await make()
      const puts = Array.from({ length: 40 }, (_, n) => store.put(keyOf(n), grantFor('ada'), 30))
      const results = await Promise.allSettled(puts)
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, maxOutstandingTickets)
    },
  },
]
