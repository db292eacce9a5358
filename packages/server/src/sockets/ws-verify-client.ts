import type { Clock } from '@wsauth/protocol'
import type { ServerOptions, VerifyClientCallbackAsync } from 'ws'
import { httpRefusal } from '../http-refusal.ts'
import type { Answer } from './ws-door.ts'

export type Info = Parameters<VerifyClientCallbackAsync>[0]

interface Asked {
  /** The application's own; it sees the request without the credential. */
  readonly verifyClient: NonNullable<ServerOptions['verifyClient']>
  /** What `this` is in it, as `ws` has it. */
  readonly server: object
  readonly clock: Clock
  readonly deadlineMs: number
  /** It threw or rejected. */
  failed(error: unknown): void
}

/**
 * `options.verifyClient` of a server. `ws` finds ours there, which asks the application's; whoever else looks, or gives
 * another later, means the latter, and lets nobody in by that.
 */
export class VerifyClientOption {
  verifyClient: ServerOptions['verifyClient']

  constructor(options: ServerOptions, given: ServerOptions['verifyClient'], isForWs: () => boolean) {
    const ours = options.verifyClient
    this.verifyClient = given
    Object.defineProperty(options, 'verifyClient', {
      get: () => (isForWs() ? ours : this.verifyClient),
      set: (later: ServerOptions['verifyClient']) => {
        this.verifyClient = later
      },
    })
  }
}

/** Asks the application's own `verifyClient`, in one of `ws`'s two forms; `decide` is called once, whatever it does. */
export function askVerifyClient(asked: Asked, info: Info, decide: Answer): void {
  const { verifyClient, server, clock, deadlineMs, failed } = asked
  let isAnswered = false
  const settle: Answer = (...answer) => {
    if (isAnswered) return
    isAnswered = true
    stopWaiting()
    decide(...answer)
  }
  // The deadline is that of the connection, whoever thinks about it (SECURITY 15).
  const stopWaiting = clock.schedule(deadlineMs, () => {
    const { status, body, headers } = httpRefusal('timeout', false)
    settle(false, status, body, { ...headers })
  })
  const broke = (error: unknown) => {
    failed(error)
    settle(false, 500)
  }
  try {
    const isAsync = verifyClient.length === 2
    const verdict: unknown = Reflect.apply(verifyClient, server, isAsync ? [info, settle] : [info])
    if (verdict instanceof Promise) verdict.catch(broke)
    if (!isAsync) settle(Boolean(verdict), 401)
  } catch (error) {
    broke(error)
  }
}
