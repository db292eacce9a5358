import { expect, it, vi } from 'vitest'
import { type StoreHealth, type StoreHealthEvent, StoreWatch } from './store-health.ts'

/** A store that a test sends away. */
function fakeStore() {
  const listeners = new Set<(health: StoreHealth) => void>()
  return {
    health: { up: true, sinceMs: 1 } as StoreHealth,
    listeners,
    onHealth(listener: (health: StoreHealth) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

const unheard = (): never => {
  throw new Error('nothing failed')
}

it('tells which store went away, and lets go of it in the end', () => {
  const limiter = fakeStore()
  const heard: StoreHealthEvent[] = []
  const watch = new StoreWatch(
    { limiter, revocations: {}, tickets: 'default' },
    (event) => heard.push(event),
    unheard,
  )
  expect(watch.health()).toEqual({ limiter: { up: true, sinceMs: 1 } })
  for (const tell of limiter.listeners) tell({ up: false, sinceMs: 2, reason: 'timeout' })
  expect(heard).toEqual([{ store: 'limiter', up: false, sinceMs: 2, reason: 'timeout' }])
  watch.dispose()
  expect(limiter.listeners.size).toBe(0)
})

it('says nothing of stores in memory', () => {
  expect(new StoreWatch({ limiter: {}, tickets: undefined }, () => {}, unheard).health()).toBeUndefined()
})

it('lets go of the others where one gives no way to call it off, or one that throws', () => {
  const [limiter, connections, tickets] = [fakeStore(), fakeStore(), fakeStore()]
  limiter.onHealth = () => undefined as never
  connections.onHealth = () => () => {
    throw new Error('no')
  }
  const failed = vi.fn()
  new StoreWatch({ limiter, connections, tickets }, () => {}, failed).dispose()
  expect(failed.mock.calls.map(([store]) => store)).toEqual(['limiter', 'connections'])
  expect(tickets.listeners.size).toBe(0)
})
