import { expect, it } from 'vitest'
import { actionOfClose } from './close-codes.ts'
import { failures, isAuthErrorName } from './error-codes.ts'

// DESIGN 4.4, written down a second time on purpose: a change of the table is a change of the contract.
it.each([
  ['timeout', 408, 4001, 'Authentication timeout', 'retry'],
  ['invalid_token', 401, 4001, 'Authentication failed', 'refresh'],
  ['invalid_request', 400, 4001, 'Invalid request', 'stop'],
  ['token_expired', undefined, 4002, 'Token expired', 'refresh'],
  ['access_denied', 403, 4003, 'Forbidden', 'stop'],
  ['insufficient_scope', 403, 4003, 'Forbidden', 'stop'],
  ['session_revoked', undefined, 4004, 'Session revoked', 'stop'],
  ['slow_down', 429, 4029, 'Too many attempts', 'retry'],
  ['temporarily_unavailable', 503, 1013, 'Try again later', 'retry'],
  ['policy_violation', undefined, 1008, 'Policy violation', 'stop'],
  ['message_too_big', undefined, 1009, 'Message too big', 'stop'],
  ['service_restart', 503, 1012, 'Service restart', 'retry'],
] as const)('6.1 %s', (name, httpStatus, closeCode, reason, action) => {
  expect(failures[name]).toEqual({ ...(httpStatus && { httpStatus }), closeCode, reason, action })
  // Who sees the close alone comes to the same end.
  expect(actionOfClose(closeCode, reason)).toBe(action)
})

it('6.1 has no other failures', () => {
  expect(Object.keys(failures)).toHaveLength(12)
})

it.each(['timeout', 'service_restart'])('knows %s', (name) => expect(isAuthErrorName(name)).toBe(true))

it.each(['', 'Timeout', '__proto__', 'constructor', 'toString', 5, null, undefined, {}, ['timeout']])(
  'does not know %s',
  (name) => expect(isAuthErrorName(name)).toBe(false),
)
