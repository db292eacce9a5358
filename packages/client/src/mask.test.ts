import { expect, it } from 'vitest'
import { mask } from './mask.ts'

it.each([
  ['Authentication failed', 'Authentication failed'],
  ['bad token: 0123456789abcdef', '[secret]'],
  ['...3456789a...', '[secret]'],
  ['...345678...', '...345678...'],
  ['', ''],
])('P5 %s becomes %s', (text, expected) => {
  expect(mask(text, '0123456789abcdef')).toBe(expected)
})

it('has nothing to hide without a secret', () => {
  expect(mask('anything at all', '')).toBe('anything at all')
})
