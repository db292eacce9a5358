import { expect, it } from 'vitest'
import { noJws } from './no-jws.ts'

it.each([
  ['Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln', '`Bearer` stands in front'],
  ['bearer\teyJhbGciOiJIUzI1NiJ9.e30.c2ln', '`Bearer` stands in front'],
  ['<!doctype html><title>Sign in</title>', 'HTML'],
  ['\n<html>', 'HTML'],
  ['{"access_token":"planted.planted.planted"}', 'JSON'],
  ['"planted.planted.planted"', 'JSON'],
  ['undefined', 'no token'],
  ['null', 'no token'],
  ['eyJhbGciOiJkaXIifQ..aXY.planted.dGFn', 'JWE'],
  ['planted-0123456789', 'introspection()'],
])('%s', (text, told) => {
  expect(noJws(text)).toMatch(/^not a compact JWS: /)
  expect(noJws(text)).toContain(told)
  expect(noJws(text)).not.toContain('planted')
})

it.each(['a.b', 'a.b.c=', 'a.b.c.d', 'a b.c.d'])('nothing is known of %s', (text) => {
  expect(noJws(text)).toBe('not a compact JWS')
})

it('takes no time for a long text', () => {
  const long = `${'a.'.repeat(4_000)}!`
  expect(noJws(long)).toBe('not a compact JWS')
})
