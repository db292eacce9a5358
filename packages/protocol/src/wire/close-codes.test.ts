import { expect, it } from 'vitest'
import { actionNamed, actionOfClose, actionOfStatus, CloseCode } from './close-codes.ts'

it.each([
  [1000, '', 'stop'],
  [1001, '', 'retry'],
  [1002, '', 'stop'],
  [1003, '', 'stop'],
  [1004, '', 'stop'],
  [1005, '', 'retry'],
  [1006, '', 'retry'],
  [1007, '', 'stop'],
  [1008, 'Policy violation', 'stop'],
  [1009, '', 'stop'],
  [1010, '', 'stop'],
  [1011, '', 'retry'],
  [1012, '', 'retry'],
  [1013, '', 'retry'],
  [1014, '', 'retry'],
  [4001, 'Authentication timeout', 'retry'],
  [4001, 'Authentication timeout; retry-after-ms=5', 'retry'],
  [4001, 'Invalid request', 'stop'],
  [4001, 'Authentication failed', 'refresh'],
  [4001, '', 'refresh'],
  [4001, 'unknown', 'refresh'],
  [4002, '', 'refresh'],
  [4002, 'Token expired', 'refresh'],
  [4003, '', 'stop'],
  [4004, '', 'stop'],
  [4029, '', 'retry'],
  [3000, '', 'stop'],
  [3999, '', 'stop'],
  [4000, '', 'stop'],
  [4005, '', 'stop'],
  [4999, 'Authentication timeout', 'stop'],
  [40010, '', 'stop'],
] as const)('6.4 %s %j is %s', (code, reason, action) => {
  expect(actionOfClose(code, reason)).toBe(action)
})

it.each([
  [400, 'stop'],
  [401, 'refresh'],
  [403, 'stop'],
  [404, 'stop'],
  [408, 'retry'],
  [426, 'stop'],
  [429, 'retry'],
  [500, 'retry'],
  [502, 'retry'],
  [503, 'retry'],
  [504, 'retry'],
  [301, 'stop'],
  [200, 'stop'],
] as const)('6.5 a refused upgrade with %s is %s', (status, action) => {
  expect(actionOfStatus(status)).toBe(action)
})

it.each(['stop', 'refresh', 'retry'] as const)('6.7 takes the action %s by its name', (action) => {
  expect(actionNamed(action, action === 'stop' ? 'retry' : 'stop')).toBe(action)
})

it.each(['Stop', '', 'later', '__proto__', 5, null, undefined, ['stop'], {}])(
  '6.7 does not know the action %s',
  (value) => {
    expect(actionNamed(value, 'retry')).toBe('retry')
  },
)

it('names the codes that it sends', () => {
  expect(CloseCode).toEqual({
    normal: 1000,
    protocolError: 1002,
    internalError: 1011,
    authentication: 4001,
    tokenExpired: 4002,
    forbidden: 4003,
    sessionRevoked: 4004,
    tooManyAttempts: 4029,
  })
})
