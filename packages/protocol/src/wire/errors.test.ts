import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { AuthError, isAuthError } from './errors.ts'
import { secret } from './secret.ts'

it('is an Error with a name, its error and details', () => {
  const cause = new Error('down')
  const error = new AuthError('temporarily_unavailable', { message: 'no answer', retryAfterMs: 5, cause })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({
    name: 'AuthError',
    error: 'temporarily_unavailable',
    message: 'no answer',
    cause,
  })
  expect(error.details.retryAfterMs).toBe(5)
  expect(new AuthError('timeout').message).toBe('timeout')
  expect('cause' in new AuthError('timeout')).toBe(false)
})

it('is known by its shape, so that another copy of the package counts', () => {
  const foreign = Object.assign(new Error('x'), { name: 'AuthError', error: 'slow_down', details: {} })
  expect(isAuthError(foreign)).toBe(true)
  expect(isAuthError(foreign, 'slow_down')).toBe(true)
  expect(isAuthError(foreign, 'timeout')).toBe(false)
})

it.each([
  null,
  undefined,
  'AuthError',
  { name: 'AuthError', error: 'timeout' },
  new Error('AuthError'),
  Object.assign(new Error('x'), { name: 'AuthError' }),
  Object.assign(new Error('x'), { name: 'AuthError', error: 5 }),
])('does not take %s for one', (value) => expect(isAuthError(value)).toBe(false))

it('P5 shows no secret that it carries as its cause', () => {
  const error = new AuthError('invalid_token', { cause: secret('hunter2-hunter2') })
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2')
  expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain('hunter2')
})
