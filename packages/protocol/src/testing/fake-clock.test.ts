import { expect, it } from 'vitest'
import { FakeClock } from './fake-clock.ts'

it('runs callbacks in the order in which they are due, each at its own moment', () => {
  const clock = new FakeClock(10)
  const ran: string[] = []
  const note = (name: string) => () => ran.push(`${name}@${clock.now()}`)
  clock.schedule(20, note('late'))
  clock.schedule(5, note('early'))
  clock.schedule(5, note('early too'))
  clock.schedule(Number.POSITIVE_INFINITY, note('never'))
  clock.advance(19)
  expect(ran).toEqual(['early@15', 'early too@15'])
  clock.advance(1)
  expect(ran.at(-1)).toBe('late@30')
  expect(clock.pending).toBe(1)
})

it('runs what a callback schedules within the same stretch, and nothing that was called off', () => {
  const clock = new FakeClock()
  const ran: number[] = []
  const cancel = clock.schedule(30, () => ran.push(-1))
  clock.schedule(10, () => {
    cancel()
    clock.schedule(10, () => ran.push(clock.now()))
  })
  clock.advance(100)
  expect(ran).toEqual([20])
  cancel()
  expect(clock.pending).toBe(0)
})

it('lets awaiting code go on between two callbacks', async () => {
  const clock = new FakeClock()
  const ran: string[] = []
  clock.schedule(10, async () => {
    await Promise.resolve()
    clock.schedule(5, () => ran.push(`second@${clock.now()}`))
  })
  clock.schedule(20, () => ran.push(`third@${clock.now()}`))
  await clock.advanceAsync(30)
  expect(ran).toEqual(['second@15', 'third@20'])
})

it('sleeps through timers, jumps on the wall only, and refuses NaN', () => {
  const clock = new FakeClock(0, 1_000)
  const ran: number[] = []
  clock.schedule(10, () => ran.push(clock.now()))
  clock.sleep(50)
  expect(ran).toEqual([])
  clock.advance(0)
  expect(ran).toEqual([50])
  clock.jumpWall(-500)
  expect([clock.now(), clock.wallNow()]).toEqual([50, 550])
  expect(() => clock.schedule(Number.NaN, () => {})).toThrow(RangeError)
})
