import { afterEach, expect, it, vi } from 'vitest'
import { Emitter } from './emitter.ts'

class Told extends Emitter<{ one: (event: number) => void; two: (event: number) => void }> {
  tell(name: 'one' | 'two', event: number): void {
    this.emit(name, event)
  }
}

afterEach(() => {
  vi.useRealTimers()
})

it('tells those who listen, in order, until they leave', () => {
  const told = new Told()
  const heard: string[] = []
  const first = (event: number) => heard.push(`first ${event}`)
  told
    .on('one', first)
    .once('one', (event) => heard.push(`once ${event}`))
    .on('two', () => heard.push('never'))
  told.tell('one', 1)
  told.tell('one', 2)
  told.off('one', first)
  told.tell('one', 3)
  expect(heard).toEqual(['first 1', 'once 1', 'first 2'])
})

it('goes on where a listener throws, and reports it', () => {
  vi.useFakeTimers()
  const told = new Told()
  const heard: number[] = []
  told.on('one', () => {
    throw new Error('mine')
  })
  told.on('one', (event) => heard.push(event))
  told.tell('one', 1)
  expect(heard).toEqual([1])
  expect(() => vi.runAllTimers()).toThrow('mine')
})

it('tells those who listened when it happened', () => {
  const told = new Told()
  const heard: string[] = []
  told.on('one', () => told.on('one', () => heard.push('later')))
  told.tell('one', 1)
  expect(heard).toEqual([])
})

it('tells who listens once no more than once, also where it happens again from inside', () => {
  const told = new Told()
  const heard: number[] = []
  told.once('one', () => told.tell('one', 2))
  told.once('one', (event) => heard.push(event))
  told.tell('one', 1)
  expect(heard).toEqual([2])
})
