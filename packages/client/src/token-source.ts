import { type Action, acceptToken, actionAfter, freshMemory, type TokenReason } from '@wsauth/protocol'
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
  let asking: Promise<unknown> = Promise.resolve()
  return {
    get(reason, signal) {
      const ask = async () => {
        if (signal.aborted) throw signal
        const { last } = memory
        const token =
          typeof provider === 'function'
            ? await Promise.race([
                provider({ reason: last === undefined ? reason : 'refused', refused: last, signal }),
                new Promise((_, late) => signal.addEventListener('abort', late)),
              ])
            : provider
        // P6: the memory may be another by now.
        if (typeof token !== 'string' || memory.refused.includes(token)) {
          throw Object.assign(new Error('No other token'), { action: 'stop', name: 'NoOtherToken' })
        }
        return token
      }
      const answer = asking.then(ask, ask)
      asking = answer
      return answer
    },
    accept() {
      memory = acceptToken(memory)
    },
    after(action, token) {
      const [next, remembered] = actionAfter(memory, action, token)
      memory = remembered
      return next
    },
  }
}
