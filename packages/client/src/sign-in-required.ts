import type { Told } from './methods/method.ts'

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
