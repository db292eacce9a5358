import {
  type Action,
  acceptToken,
  actionAfter,
  type Clock,
  freshMemory,
  refuseToken,
  type TokenReason,
} from '@wsauth/protocol'
import type { TokenProvider } from './options.ts'

/** Where tokens come from: shared, with what is known of refused ones, by all connections of a class or client. */
export interface TokenSource {
  /**
   * Asks for a token and hands it to `use`, both within the time limit; one call at a time. Rejects with an error whose
   * `action`, if any, says what comes next.
   */
  get(
    reason: TokenReason,
    abort: AbortController,
    use: (token: string) => Promise<void> | void,
  ): Promise<void>
  /** The token was accepted, or the application starts over. */
  accept(): void
  /** What is done after a connection with `token` ended, `action` being what its end asks for by itself. */
  after(action: Action, token: string): Action
}

export function tokenSource(
  provider: TokenProvider | undefined,
  { clock, tokenTimeoutMs }: { readonly clock: Clock; readonly tokenTimeoutMs: number },
): TokenSource {
  let memory = freshMemory
  let queue: Promise<unknown> = Promise.resolve()

  async function ask(reason: TokenReason, signal: AbortSignal): Promise<string> {
    const { refused, renewing } = memory
    const request = {
      reason: renewing ? 'refused' : reason,
      refused: renewing ? refused[refused.length - 1] : undefined,
      signal,
    }
    const isFunction = typeof provider === 'function'
    const token = isFunction ? await provider(request) : (provider ?? '')
    const fault =
      !isFunction && reason === 'refresh'
        ? 'No newer token'
        : refused.includes(token)
          ? 'The refused token again'
          : typeof token !== 'string' || (provider && !token)
            ? 'No token'
            : ''
    if (fault) throw Object.assign(new Error(fault), { action: 'stop' })
    return token
  }

  return {
    get(reason, abort, use) {
      const answer = queue.then(
        () =>
          new Promise<void>((resolve, reject) => {
            const { signal } = abort
            const cancel = clock.schedule(tokenTimeoutMs, () => abort.abort())
            const end = () => {
              cancel()
              reject(new Error('No token in time'))
            }
            signal.addEventListener('abort', end)
            if (signal.aborted) return end()
            ask(reason, signal).then(use).then(resolve, reject).finally(cancel)
          }),
      )
      queue = answer.catch(() => {})
      return answer
    },
    accept() {
      memory = acceptToken(memory)
    },
    after(action, token) {
      const next = actionAfter(memory, action)
      if (action === 'refresh') memory = refuseToken(memory, token)
      return next
    },
  }
}
