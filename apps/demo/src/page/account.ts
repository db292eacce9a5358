import { SignInRequired } from '@wsauth/client'
import type { Credentials, SignedIn } from '../shared/api.ts'
import { post, Refused } from './api.ts'
import { claimsOf } from './wire/claims.ts'
import type { Recorder } from './wire/recorder.ts'

// A token about to end would be refused before it arrives.
const marginMs = 5_000

type TokenRequest = { readonly reason: string; readonly signal?: AbortSignal }

/**
 * Who is signed in on this page. The access token stays in this object; the refresh token is in a cookie that no script
 * can read.
 */
export class Account {
  readonly user: SignedIn['user']
  readonly #recorder: Recorder
  readonly #listeners = new Set<(token: string) => void>()
  #token: string
  #endsAtMs = 0

  constructor({ user, accessToken }: SignedIn, recorder: Recorder) {
    this.user = user
    this.#recorder = recorder
    this.#token = accessToken
    this.#keep(accessToken)
  }

  /** The token as it is now, and each new one. */
  onToken(listener: (token: string) => void): void {
    this.#listeners.add(listener)
    listener(this.#token)
  }

  /** What `AuthClient` calls: before it dials, when its token nears its end, and when one was refused. */
  readonly token = async ({ reason, signal }: TokenRequest): Promise<string> => {
    if (reason === 'connect' && performance.now() < this.#endsAtMs - marginMs) return this.#token
    return this.#refresh(signal)
  }

  /** For calls over HTTP. */
  bearer(): Promise<string> {
    return this.token({ reason: 'connect' })
  }

  async logOut(): Promise<void> {
    await this.#call('POST /auth/log-out', () => post('/auth/log-out'))
  }

  async #refresh(signal?: AbortSignal): Promise<string> {
    try {
      const { accessToken } = await this.#call('POST /auth/refresh', () => inTurn(signal))
      this.#keep(accessToken)
      return accessToken
    } catch (error) {
      if (error instanceof Refused && error.status === 401) throw new SignInRequired()
      throw error
    }
  }

  #keep(token: string): void {
    const { iat = 0, exp = 0 } = claimsOf(token)
    this.#token = token
    // Its life is what the token says; the page's wall clock may be wrong, so it is not asked.
    this.#endsAtMs = performance.now() + (exp - iat) * 1_000
    for (const listener of this.#listeners) listener(token)
  }

  async #call<T>(what: string, run: () => Promise<T>): Promise<T> {
    const startMs = performance.now()
    const tell = (status: string): void =>
      this.#recorder.add({ kind: 'http', lane: 'chat', what, status, tookMs: performance.now() - startMs })
    try {
      const answer = await run()
      tell('ok')
      return answer
    } catch (error) {
      tell(error instanceof Refused ? `refused (${error.status})` : 'no answer')
      throw error
    }
  }
}

/** Each refresh replaces the cookie, so tabs take turns: two that send the same one would look like a thief. */
function inTurn(signal?: AbortSignal): Promise<SignedIn> {
  const run = (): Promise<SignedIn> => post('/auth/refresh', signal ? { signal } : {})
  return navigator.locks
    ? navigator.locks.request('wsauth-demo-refresh', signal ? { signal } : {}, run)
    : run()
}

export function signUp(body: Credentials): Promise<SignedIn> {
  return post('/auth/sign-up', { body })
}

export function logIn(body: Credentials): Promise<SignedIn> {
  return post('/auth/log-in', { body })
}

/** Goes on with the session in the cookie, without a password. */
export function resume(): Promise<SignedIn> {
  return inTurn()
}
