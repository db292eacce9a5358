import { format, inspect } from 'node:util'
import { expect, it } from 'vitest'
import { Secret, secret } from './secret.ts'

const token = secret('hunter2-hunter2')

it('gives the credential to those who ask for it', () => {
  expect(token.reveal()).toBe('hunter2-hunter2')
  expect(token).toBeInstanceOf(Secret)
})

it.each([
  ['a template', () => `${token}`],
  ['String()', () => String(token)],
  ['concatenation', () => `token: ${token}`],
  ['JSON', () => JSON.stringify({ token })],
  ['inspect', () => inspect(token)],
  ['inspect, all of it', () => inspect({ deep: [{ token }] }, { depth: 9, showHidden: true, getters: true })],
  ['format', () => format('%s %o %O %j', token, token, token, { token })],
  ['an error', () => String(new Error(`refused ${token}`, { cause: token }).stack)],
  [
    'its keys',
    () => JSON.stringify([Object.keys(token), Object.getOwnPropertyNames(token), Reflect.ownKeys(token)]),
  ],
  ['a copy', () => JSON.stringify({ ...token }) + JSON.stringify(Object.assign({}, token))],
])('P5 is masked in %s', (_, show) => {
  expect(show()).not.toContain('hunter2')
})

it.each([() => `${token}`, () => inspect(token), () => JSON.parse(JSON.stringify(token))])(
  'says that something is there',
  (show) => expect(show()).toBe('[secret]'),
)

it('cannot be cloned out of its wrapper', () => {
  expect(JSON.stringify(structuredClone(token))).not.toContain('hunter2')
})
