import { expect, it } from 'vitest'
import { addressesOf, configFrom } from './config.ts'

it('needs nothing', () => {
  expect(configFrom({})).toMatchObject({ host: '127.0.0.1', port: 8080, accessTokenMs: 60_000 })
})

it('takes what is set', () => {
  const env = {
    PORT: '0',
    DATA: ':memory:',
    ACCESS_TOKEN_SECONDS: '10',
    PUBLIC_ORIGIN: 'https://demo.example',
  }
  expect(configFrom(env)).toEqual({
    host: '127.0.0.1',
    port: 0,
    data: ':memory:',
    accessTokenMs: 10_000,
    publicOrigin: 'https://demo.example',
  })
})

it.each([
  ['127.0.0.1', ['http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080']],
  ['localhost', ['http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080']],
  ['0.0.0.0', ['http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080']],
  ['::', ['http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080']],
  ['192.168.0.7', ['http://192.168.0.7:8080']],
  ['fd00::7', ['http://[fd00::7]:8080']],
])('on %s is opened as %j', (host, addresses) => {
  expect(addressesOf(host, 8080)).toEqual(addresses)
})

it.each([
  [{ PORT: 'http' }, /PORT is a whole number/],
  [{ PORT: '70000' }, /PORT is a whole number/],
  [{ ACCESS_TOKEN_SECONDS: '1' }, /ACCESS_TOKEN_SECONDS is a whole number from 5/],
  [{ PUBLIC_ORIGIN: 'https://demo.example/' }, /PUBLIC_ORIGIN is scheme, host and port/],
])('says what is wrong with %j', (env, message) => {
  expect(() => configFrom(env)).toThrow(message)
})
