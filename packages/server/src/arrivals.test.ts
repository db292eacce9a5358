import { expect, it } from 'vitest'
import { SharedText } from './arrivals.ts'

it('a shared text is what was said, whatever was said before', () => {
  const texts = new SharedText()
  const said = [
    '/chat',
    '/chat',
    '',
    '/',
    '/chät',
    '/a-path-that-is-longer',
    '/a-path-that-is-longer',
    '/chat',
  ]
  expect(said.map((text) => texts.of(text))).toEqual(said)
})
