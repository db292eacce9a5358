import { FakeClock, seededRandom } from '@wsauth/protocol/testing'
import { describe, expect, it, vi } from 'vitest'
import { DeadlineQueue, type Due } from './deadline-queue.ts'

function item(log: number[], id: number): Due {
  return { dueAtMs: Number.POSITIVE_INFINITY, place: -1, onDue: () => log.push(id) }
}

describe('DeadlineQueue', () => {
  it('calls back in the order of the deadlines, whatever order they came in', () => {
    const clock = new FakeClock()
    const queue = new DeadlineQueue(clock)
    const log: number[] = []
    for (const ms of [30, 10, 20, 40, 5]) queue.set(item(log, ms), ms)
    clock.advance(25)
    expect(log).toEqual([5, 10, 20])
    clock.advance(100)
    expect(log).toEqual([5, 10, 20, 30, 40])
    expect([queue.size, clock.pending]).toEqual([0, 0])
  })

  it('follows items that are moved and removed, as a sorted list would', () => {
    const clock = new FakeClock()
    const queue = new DeadlineQueue(clock)
    const random = seededRandom(1)
    const log: number[] = []
    const items = Array.from({ length: 500 }, (_, id) => item(log, id))
    const wanted = new Map<number, number>()
    for (let step = 0; step < 5_000; step++) {
      const id = Math.floor(random() * items.length)
      const target = items[id]
      if (!target) continue
      const atMs = random() < 0.2 ? Number.POSITIVE_INFINITY : Math.floor(random() * 1e6) + id / 1_000
      queue.set(target, atMs)
      if (atMs === Number.POSITIVE_INFINITY) wanted.delete(id)
      else wanted.set(id, atMs)
    }
    clock.advance(2e6)
    expect(log).toEqual([...wanted].sort((a, b) => a[1] - b[1]).map(([id]) => id))
  })

  it('has one timer, and none when nothing waits', () => {
    const clock = new FakeClock()
    const queue = new DeadlineQueue(clock)
    const items = [5, 1, 3].map((ms) => {
      const one = item([], ms)
      queue.set(one, ms)
      return one
    })
    expect(clock.pending).toBe(1)
    for (const one of items) queue.set(one, Number.POSITIVE_INFINITY)
    expect(clock.pending).toBe(0)
  })

  it('sets no timer while it works off: one for each time that something is due', () => {
    const clock = new FakeClock()
    const queue = new DeadlineQueue(clock)
    const timers = vi.spyOn(clock, 'schedule')
    const again = item([], 1)
    again.onDue = (nowMs) => queue.set(again, nowMs + 5)
    queue.set(again, 5)
    clock.advance(24)
    expect(timers).toHaveBeenCalledTimes(5)
  })

  it('keeps its timer when one that comes later is taken out', () => {
    const clock = new FakeClock()
    const queue = new DeadlineQueue(clock)
    const log: number[] = []
    queue.set(item(log, 10), 10)
    const late = item(log, 20)
    queue.set(late, 20)
    queue.set(late, Number.POSITIVE_INFINITY)
    clock.advance(30)
    expect(log).toEqual([10])
  })

  it('takes items that are put in and taken out by one that is due', () => {
    const clock = new FakeClock()
    const queue = new DeadlineQueue(clock)
    const log: number[] = []
    const other = item(log, 2)
    const first = item(log, 1)
    first.onDue = (nowMs) => {
      queue.set(other, Number.POSITIVE_INFINITY)
      queue.set(item(log, 3), nowMs + 5)
    }
    queue.set(first, 10)
    queue.set(other, 10)
    clock.advance(10)
    expect([log, clock.pending, queue.size]).toEqual([[], 1, 1])
    clock.advance(5)
    expect([log, clock.pending, queue.size]).toEqual([[3], 0, 0])
  })

  it('sleeps in slices towards the end of a 30-day token', () => {
    const clock = new FakeClock()
    const queue = new DeadlineQueue(clock)
    const log: number[] = []
    const dayMs = 86_400_000
    queue.set(item(log, 30), 30 * dayMs)
    expect(clock.nextAtMs).toBe(0x7fff_ffff)
    clock.advance(29 * dayMs)
    expect(log).toEqual([])
    clock.advance(dayMs)
    expect(log).toEqual([30])
  })

  it('lets others in between the slices of 10,000 items that are due together', () => {
    const clock = new FakeClock()
    const later: (() => void)[] = []
    const queue = new DeadlineQueue(clock, (callback) => later.push(callback))
    let done = 0
    for (let id = 0; id < 10_000; id++) {
      const busy = item([], id)
      busy.onDue = () => {
        done++
        clock.sleep(0.1)
      }
      queue.set(busy, 1_000)
    }
    const looks = vi.spyOn(clock, 'now')
    clock.advance(1_000)
    const slices = [done]
    for (let next = later.shift(); next; next = later.shift()) {
      const before = done
      next()
      slices.push(done - before)
    }
    expect(done).toBe(10_000)
    // 8 ms are 80 items, and the clock is looked at after every 16.
    expect(Math.max(...slices)).toBeLessThanOrEqual(96)
    expect(Math.min(...slices.slice(0, -1))).toBeGreaterThanOrEqual(80)
    expect(looks.mock.calls.length).toBeLessThan(1_000)
  })

  it('works on after an item that throws', () => {
    const clock = new FakeClock()
    const later: (() => void)[] = []
    const queue = new DeadlineQueue(clock, (callback) => later.push(callback))
    const log: number[] = []
    const bad = item(log, 0)
    bad.onDue = () => {
      throw new Error('bad')
    }
    queue.set(bad, 1)
    queue.set(item(log, 1), 1)
    expect(() => clock.advance(1)).toThrow('bad')
    for (const next of later.splice(0)) next()
    expect(log).toEqual([1])
  })
})
