import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { ticketStoreCases } from '../testing/ticket-store-cases.ts'
import { MemoryTicketStore } from './memory-tickets.ts'

describe('MemoryTicketStore', () => {
  for (const { name, run } of ticketStoreCases) {
    it(name, () => {
      let nowMs = 0
      return run(
        () => new MemoryTicketStore({ now: () => nowMs }),
        (ms) => {
          nowMs += ms
        },
      )
    })
  }

  it('leaves nothing behind when tickets end unredeemed', async () => {
    let nowMs = 0
    const store = new MemoryTicketStore({ capacity: 1_000, now: () => nowMs })
    const kept = vi.spyOn(Map.prototype, 'set')
    for (let n = 0; n < 5_000; n++) {
      nowMs += 100
      await store.put(`key-${n}`, { principal: { userId: `user-${n}` } }, 30)
    }
    const mine = (kept.mock.contexts as Map<string, unknown>[]).filter(
      (map) => map.has('key-4999') || map.has('user-4999'),
    )
    kept.mockRestore()
    expect(Math.max(...mine.map(({ size }) => size))).toBeLessThanOrEqual(301)
    expect(await store.take('key-4999')).toBeDefined()
    expect(await store.take('key-1')).toBeUndefined()
  })

  it('counts what a subject still has, whatever of it was redeemed', async () => {
    const store = new MemoryTicketStore({ now: () => 0 })
    const grant = { principal: { userId: 'ada' } }
    for (let n = 0; n < 20; n++) await store.put(`key-${n}`, grant, 30)
    await store.take('key-7')
    await store.put('key-20', grant, 30)
    await expect(store.put('key-21', grant, 30)).rejects.toMatchObject({ error: 'slow_down' })
  })

  it('is temporarily unavailable when it is full, and serves again when room is made', async () => {
    const store = new MemoryTicketStore({ capacity: 2, now: () => 0 })
    await store.put('a', { principal: { userId: 'ada' } }, 30)
    await store.put('b', { principal: { userId: 'bob' } }, 30)
    await expect(store.put('c', { principal: { userId: 'eve' } }, 30)).rejects.toMatchObject({
      error: 'temporarily_unavailable',
    })
    await store.take('a')
    await store.put('c', { principal: { userId: 'eve' } }, 30)
  })

  it('shows nothing of what it keeps', async () => {
    const store = new MemoryTicketStore()
    await store.put('planted-key', { principal: { userId: 'planted-user' } }, 30)
    expect(inspect(store, { depth: 9, showHidden: true }) + JSON.stringify(store)).not.toContain('planted')
  })

  it('refuses a capacity that holds nothing', () => {
    expect(() => new MemoryTicketStore({ capacity: 0 })).toThrow(TypeError)
  })
})
