import { expect, it } from 'vitest'
import { acceptToken, actionAfter, freshMemory, nextAttempt, refuseToken } from './retry.ts'

it('6.6 a refusal is remembered, and a second one in a row is final', () => {
  const once = refuseToken(freshMemory, 'a')
  expect(once.refused).toEqual(['a'])
  expect([actionAfter(freshMemory, 'refresh'), actionAfter(once, 'refresh')]).toEqual(['refresh', 'stop'])
  expect([actionAfter(once, 'retry'), actionAfter(once, 'stop')]).toEqual(['retry', 'stop'])
})

it('6.6 auth_ok makes the next refusal the first again, and forgets no token', () => {
  const memory = acceptToken(refuseToken(freshMemory, 'a'))
  expect(memory.refused).toEqual(['a'])
  expect(actionAfter(memory, 'refresh')).toBe('refresh')
})

it('6.6 a method without a token of its own has nothing to remember but the refusal', () => {
  const memory = refuseToken(freshMemory, '')
  expect(memory.refused).toEqual([])
  expect(actionAfter(memory, 'refresh')).toBe('stop')
})

it('6.6 remembers the last 32', () => {
  let memory = freshMemory
  for (let i = 0; i < 40; i++) memory = refuseToken(memory, `t${i}`)
  expect(memory.refused).toHaveLength(32)
  expect(memory.refused.at(-1)).toBe('t39')
})

const options = { minDelayMs: 1_000, maxDelayMs: 30_000 }

it('6.8 counts attempts up, and falls back to the first only after 5 s of health', () => {
  expect(nextAttempt(0, 0, 0.5, options)).toEqual({ attempt: 1, inMs: 500 })
  expect(nextAttempt(3, 4_999, 0.5, options)).toEqual({ attempt: 4, inMs: 4_000 })
  expect(nextAttempt(3, 5_000, 0.5, options)).toEqual({ attempt: 1, inMs: 500 })
})

it('6.8 what the server said is a floor, whatever the attempt', () => {
  expect(nextAttempt(3, 0, 0.5, options, 7_000)).toEqual({ attempt: 4, inMs: 7_500 })
  expect(nextAttempt(3, 9_000, 0, options, 7_000)).toEqual({ attempt: 1, inMs: 7_000 })
})
