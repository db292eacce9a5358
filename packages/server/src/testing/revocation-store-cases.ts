import assert from 'node:assert/strict'
import type { Principal } from '../principal.ts'
import type { Revocation, RevocationStore } from '../stores/revocation-store.ts'
import { type Case, wait } from './case.ts'

type MakeStore = () => RevocationStore | Promise<RevocationStore>

/** In the middle of a second, since tokens know no fractions. */
const nowMs = (): number => Math.floor(Date.now() / 1000) * 1000 + 500
const revocation = (of: Partial<Revocation>): Revocation => ({
  issuedBeforeMs: nowMs(),
  marginMs: 0,
  expiresAtMs: nowMs() + 60_000,
  ...of,
})
const principal = (of: Partial<Principal> = {}): Principal => ({
  userId: 'ada',
  sessionId: 'session-1',
  tokenId: 'token-1',
  issuedAt: nowMs() - 60_000,
  ...of,
})

async function using(make: MakeStore, run: (store: RevocationStore) => Promise<void>): Promise<void> {
  const store = await make()
  try {
    await run(store)
  } finally {
    await store.close?.()
  }
}

/**
 * What every revocation store promises: what `add` has resolved for is never missed afterwards.
 *
 * @example for (const { name, run } of revocationStoreCases) it(name, () => run(() => new MemoryRevocations()))
 */
export const revocationStoreCases: readonly Case<MakeStore>[] = [
  {
    name: 'knows nothing to begin with',
    run: (make) => using(make, async (store) => assert.equal(await store.isRevoked(principal()), false)),
  },
  ...(['userId', 'sessionId', 'tokenId'] as const).map(
    (name): Case<MakeStore> => ({
      name: `revokes by ${name}, and nobody else`,
      run: (make) =>
        using(make, async (store) => {
          await store.add(revocation({ [name]: principal()[name] as string }))
          assert.equal(await store.isRevoked(principal()), true)
          assert.equal(await store.isRevoked(principal({ [name]: 'another' })), false)
          const others = { userId: 'bob', sessionId: 'session-2', tokenId: 'token-2' }
          assert.equal(await store.isRevoked(principal({ ...others, issuedAt: 1 })), false)
        }),
    }),
  ),
  {
    name: 'does not mistake a user for a session of that name',
    run: (make) =>
      using(make, async (store) => {
        await store.add(revocation({ userId: 'session-1' }))
        assert.equal(await store.isRevoked(principal()), false)
      }),
  },
  {
    name: 'spares what was issued later, not what was issued in the same second or nobody knows when',
    run: (make) =>
      using(make, async (store) => {
        const issuedBeforeMs = nowMs()
        await store.add(revocation({ userId: 'ada', issuedBeforeMs }))
        const second = Math.floor(issuedBeforeMs / 1000) * 1000
        assert.equal(await store.isRevoked(principal({ issuedAt: second + 1000 })), false)
        assert.equal(await store.isRevoked(principal({ issuedAt: second })), true)
        const { issuedAt: _, ...unknown } = principal()
        assert.equal(await store.isRevoked(unknown), true)
      }),
  },
  {
    name: 'never takes back what an earlier revocation said',
    run: (make) =>
      using(make, async (store) => {
        const at = nowMs()
        await store.add(revocation({ userId: 'ada', issuedBeforeMs: at }))
        await store.add(revocation({ userId: 'ada', issuedBeforeMs: at - 50_000, expiresAtMs: at + 1_000 }))
        assert.equal(await store.isRevoked(principal({ issuedAt: at - 10_000 })), true)
      }),
  },
  {
    name: 'forgets a revocation that no token can outlive',
    run: (make, pass = wait) =>
      using(make, async (store) => {
        await store.add(revocation({ userId: 'ada', expiresAtMs: Date.now() + 1_000 }))
        assert.equal(await store.isRevoked(principal()), true)
        await pass(1_500)
        assert.equal(await store.isRevoked(principal()), false)
      }),
  },
  {
    name: 'tells who subscribed, and no longer who unsubscribed',
    run: (make) =>
      using(make, async (store) => {
        const told: string[] = []
        const first = new Promise<void>((resolve) => {
          store.subscribe(({ userId = '' }) => {
            told.push(userId)
            resolve()
          })
        })
        store.subscribe(() => told.push('never'))()
        await store.add(revocation({ userId: 'ada' }))
        await first
        assert.deepEqual(told, ['ada'])
      }),
  },
  {
    name: 'refuses a revocation that names none or two',
    run: (make) =>
      using(make, async (store) => {
        await assert.rejects(async () => store.add(revocation({})), TypeError)
        await assert.rejects(async () => store.add(revocation({ userId: 'a', tokenId: 'b' })), TypeError)
      }),
  },
]
