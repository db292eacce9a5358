import { type Action, acceptToken, actionAfter, type TokenMemory, type TokenReason } from '@wsauth/protocol'
import type { TokenProvider } from './options.ts'

/** Where tokens come from: shared, with what is known of refused ones, by all connections of a class or client. */
export interface TokenSource {
  /** Asks for a token, one call at a time. Rejects with an error whose `action`, if any, says what comes next. */
  get(reason: TokenReason, signal: AbortSignal): Promise<string>
  /** The token was accepted, or the application starts over. */
  accept(): void
  /** What is done after `token` came to its end, `action` being what that asks for by itself; `accepted` where it was good before. */
  after(action: Action, token: string, accepted?: boolean): Action
}

export function tokenSource(provider: TokenProvider = ''): TokenSource {
  let memory: TokenMemory = [[]]
  let asking = Promise.resolve('')
  return {
    get(reason, signal) {
      const ask = async () => {
        if (signal.aborted) throw signal
        const [, last] = memory
        const token =
          typeof provider === 'function'
            ? await Promise.race([
                provider({ reason: last === undefined ? reason : 'refused', refused: last, signal }),
                new Promise((_, late) => signal.addEventListener('abort', late)),
              ])
            : provider
        // P6: the memory may be another by now.
        const [refused] = memory
        if (typeof token !== 'string' || refused.includes(token)) {
          throw Object.assign(new Error('token() gave none'), {
            action: 'stop',
            name: 'NoOtherToken',
          })
        }
        return token
      }
      asking = asking.then(ask, ask)
      return asking
    },
    accept() {
      memory = acceptToken(memory)
    },
    after(action, token, accepted) {
      let next: Action
      ;[next, memory] = actionAfter(memory, action, token, accepted)
      return next
    },
  }
}
