import { expect, it } from 'vitest'
import { Outgoing } from './outgoing.ts'

const say = (id: string) => ({ type: 'say', id, text: `text of ${id}` }) as const

it('repeats what a lost connection took and did not answer, and leaves the rest to the outbox', () => {
  const outgoing = new Outgoing()
  outgoing.add(say('answered'), true)
  outgoing.add(say('lost'), true)
  outgoing.add(say('typed-while-away'), false)
  expect(outgoing.settle('answered')).toBe(true)
  expect(outgoing.repeat()).toEqual([say('lost')])
  outgoing.markSent()
  expect(outgoing.repeat()).toEqual([say('lost'), say('typed-while-away')])
})

it('gives up only what was never sent', () => {
  const outgoing = new Outgoing()
  outgoing.add(say('sent'), true)
  outgoing.add(say('queued'), false)
  expect(outgoing.dropUnsent()).toEqual(['queued'])
  expect(outgoing.has('sent')).toBe(true)
  expect(outgoing.size).toBe(1)
})
