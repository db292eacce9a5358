import { describe, expect, it } from 'vitest'
import { type PendingSocket, PendingSockets } from './pending-sockets.ts'

function sockets(limits: { pending: number; pendingPerAddress: number }) {
  const evicted: string[] = []
  const pending = new PendingSockets(limits)
  const socket = (name: string, addressGroup: string): PendingSocket => ({
    addressGroup,
    evict: () => evicted.push(name) > 0,
  })
  return { pending, evicted, socket }
}

describe('PendingSockets', () => {
  it('evicts the oldest of all where the house is full', () => {
    const { pending, evicted, socket } = sockets({ pending: 2, pendingPerAddress: 10 })
    for (const [name, address] of [
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
      ['d', '1'],
    ] as const) {
      pending.add(socket(name, address))
    }
    expect(evicted).toEqual(['a', 'b'])
    expect([pending.size, pending.addresses]).toEqual([2, 2])
  })

  it('evicts the oldest of the address first, so that neighbours elsewhere do not pay', () => {
    const { pending, evicted, socket } = sockets({ pending: 3, pendingPerAddress: 2 })
    for (const [name, address] of [
      ['a', '1'],
      ['b', '2'],
      ['c', '2'],
      ['d', '2'],
    ] as const) {
      pending.add(socket(name, address))
    }
    expect(evicted).toEqual(['b'])
    expect(pending.size).toBe(3)
  })

  it('forgets who is authenticated or gone, and keeps nothing of their address', () => {
    const { pending, evicted, socket } = sockets({ pending: 2, pendingPerAddress: 2 })
    const one = socket('a', '1')
    pending.add(one)
    pending.delete(one)
    pending.delete(one)
    pending.delete(socket('never', '9'))
    expect([pending.size, pending.addresses, evicted]).toEqual([0, 0, []])
  })

  it('knows the neighbours of one who is gone', () => {
    const { pending, evicted, socket } = sockets({ pending: 10, pendingPerAddress: 2 })
    const one = socket('a', '1')
    for (const each of [one, socket('b', '1')]) pending.add(each)
    pending.delete(one)
    for (const name of ['c', 'd']) pending.add(socket(name, '1'))
    expect(evicted).toEqual(['b'])
    expect([pending.size, pending.addresses]).toEqual([2, 1])
  })

  it('is walked from the oldest', () => {
    const { pending, socket } = sockets({ pending: 10, pendingPerAddress: 10 })
    const all = ['a', 'b', 'c'].map((name, index) => socket(name, String(index % 2)))
    for (const each of all) pending.add(each)
    expect([...pending]).toEqual(all)
  })

  it('takes an eviction that deletes the socket at once', () => {
    const pending = new PendingSockets({ pending: 1, pendingPerAddress: 1 })
    const first: PendingSocket = {
      addressGroup: '1',
      evict: () => {
        pending.delete(first)
        return true
      },
    }
    pending.add(first)
    pending.add({ addressGroup: '1', evict: () => true })
    expect([pending.size, pending.addresses]).toEqual([1, 1])
  })

  it('keeps who is still being told, and has it dropped for the next newcomer', () => {
    const pending = new PendingSockets({ pending: 2, pendingPerAddress: 10 })
    const log: string[] = []
    const told = new Set<string>()
    const socket = (name: string): PendingSocket => ({
      addressGroup: '1',
      evict: () => {
        const isDropped = told.has(name)
        log.push(`${isDropped ? 'drop' : 'tell'} ${name}`)
        told.add(name)
        return isDropped
      },
    })
    const sizes = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => {
      pending.add(socket(name))
      return pending.size
    })
    expect(sizes).toEqual([1, 2, 3, 3, 3, 3])
    expect(log).toEqual(['tell a', 'drop a', 'tell b', 'drop b', 'tell c', 'drop c', 'tell d'])
  })
})
