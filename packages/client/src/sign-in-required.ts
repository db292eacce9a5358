import type { Action } from '@wsauth/protocol'

/**
 * What an error of this package, of whichever copy of it, says of what comes next. Under no other name: whatever an application's
 * error has on it is its own.
 */
export interface Told {
  readonly wsauth?: { readonly action: Action; readonly retryAfterMs?: number }
}

/**
 * Thrown by a token provider where nobody is signed in: the client stops for good, and `connect()` starts it again.
 *
 * @example token: async () => (await session()) ?? Promise.reject(new SignInRequired())
 */
export class SignInRequired extends Error implements Told {
  override readonly name: string = 'SignInRequired'
  readonly wsauth = { action: 'stop' } as const

  constructor(message = 'Nobody is signed in') {
    super(message)
  }
}
