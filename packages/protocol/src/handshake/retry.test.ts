import { expect, it } from 'vitest'
import { acceptToken, actionAfter, freshMemory, nextAttempt, type TokenMemory } from './retry.ts'

/** The memory after `token` was refused. */
function refuse(memory: TokenMemory, token: string): TokenMemory {
  return actionAfter(memory, 'refresh', token)[1]
}

it('6.6 a refusal is remembered, and a second one in a row is final', () => {
  const once = refuse(freshMemory, 'a')
  expect(once).toEqual([['a'], 'a', false])
  expect(actionAfter(freshMemory, 'refresh', 'a')[0]).toBe('refresh')
  const twice = refuse(once, 'b')
  expect(twice).toEqual([['a', 'b'], 'b', true])
  expect([actionAfter(once, 'refresh', 'b')[0], actionAfter(twice, 'refresh', 'b')[0]]).toEqual([
    'stop',
    'stop',
  ])
})

it.each(['retry', 'stop'] as const)('6.6 what asks for %s says nothing of the token', (action) => {
  const once = refuse(freshMemory, 'a')
  expect(actionAfter(once, action, 'b')).toEqual([action, once])
})

it('6.6 the end of another connection with a token that is known as refused is no second refusal', () => {
  const once = refuse(freshMemory, 'a')
  expect(actionAfter(once, 'refresh', 'a')).toEqual(['refresh', once])
})

it('6.6 auth_ok makes the next refusal the first again, and forgets no token', () => {
  const memory = acceptToken(refuse(freshMemory, 'a'))
  expect(memory).toEqual([['a']])
  expect(actionAfter(memory, 'refresh', 'b')[0]).toBe('refresh')
})

it('6.6 a method without a token of its own has nothing to remember but the refusal', () => {
  const memory = refuse(freshMemory, '')
  expect(memory[0]).toEqual([])
  expect(actionAfter(memory, 'refresh', '')[0]).toBe('stop')
})

it('6.6 remembers the last 32', () => {
  let memory = freshMemory
  for (let i = 0; i < 40; i++) memory = refuse(memory, `t${i}`)
  const [refused] = memory
  expect(refused).toHaveLength(32)
  expect(refused.at(-1)).toBe('t39')
})

const options = { minDelayMs: 1_000, maxDelayMs: 30_000 }

it('6.8 counts attempts up, and falls back to the first only after 5 s of health', () => {
  expect(nextAttempt(0, 0, 0.5, options)).toEqual([1, 500])
  expect(nextAttempt(3, 4_999, 0.5, options)).toEqual([4, 4_000])
  expect(nextAttempt(3, 5_000, 0.5, options)).toEqual([1, 500])
})

it('6.8 what the server said is a floor, whatever the attempt', () => {
  expect(nextAttempt(3, 0, 0.5, options, 7_000)).toEqual([4, 7_500])
  expect(nextAttempt(3, 9_000, 0, options, 7_000)).toEqual([1, 7_000])
})
