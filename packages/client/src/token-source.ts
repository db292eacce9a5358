import {
  type Action,
  acceptToken,
  actionAfter,
  freshMemory,
  refuseToken,
  type TokenReason,
} from '@wsauth/protocol'
import type { TokenProvider } from './options.ts'

/** Where tokens come from: shared, with what is known of refused ones, by all connections of a class or client. */
export interface TokenSource {
  /** Asks for a token, one call at a time. Rejects with an error whose `action`, if any, says what comes next. */
  get(reason: TokenReason, signal: AbortSignal): Promise<string>
  /** The token was accepted, or the application starts over. */
  accept(): void
  /** What is done after a connection with `token` ended, `action` being what its end asks for by itself. */
  after(action: Action, token: string): Action
}

export function tokenSource(provider: TokenProvider = ''): TokenSource {
  let memory = freshMemory
  let last: Promise<string> = Promise.resolve('')

  async function ask(reason: TokenReason, signal: AbortSignal): Promise<string> {
    const { refused, renewing } = memory
    const isFunction = typeof provider === 'function'
    const token = isFunction
      ? await provider(
          renewing
            ? { reason: 'refused', refused: refused[refused.length - 1], signal }
            : { reason, refused: undefined, signal },
        )
      : provider
    // P6: the memory may be another by now. What is no function has no newer token; '' is nobody's, who may be let in too.
    if (
      memory.refused.includes(token) ||
      typeof token !== 'string' ||
      (!isFunction && reason === 'refresh')
    ) {
      throw Object.assign(new Error('No other token'), { action: 'stop' })
    }
    return token
  }

  return {
    get(reason, signal) {
      const next = () =>
        new Promise<string>((resolve, reject) => {
          const late = () => reject(new Error('No token in time'))
          signal.addEventListener('abort', late)
          if (signal.aborted) late()
          else ask(reason, signal).then(resolve, reject)
        })
      last = last.then(next, next)
      return last
    },
    accept() {
      memory = acceptToken(memory)
    },
    after(action, token) {
      // Presented before another connection learned that it is refused: no second refusal.
      if (memory.refused.includes(token)) return action
      const next = actionAfter(memory, action)
      if (action === 'refresh') memory = refuseToken(memory, token)
      return next
    },
  }
}
