import type { ClientEvents } from '../../src/index.ts'

/** Every event of an `AuthClient`. */
export const clientEventNames: readonly [keyof ClientEvents, ...(keyof ClientEvents)[]] = [
  'state',
  'open',
  'message',
  'auth_ok',
  'auth_fail',
  'refresh',
  'close',
  'dropped',
  'error',
]
