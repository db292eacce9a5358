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
  let asking: Promise<unknown> = Promise.resolve()

  async function ask(reason: TokenReason, signal: AbortSignal): Promise<string> {
    if (signal.aborted) throw signal
    const { last } = memory
    const token =
      typeof provider === 'function'
        ? await Promise.race([
            provider({ reason: last === undefined ? reason : 'refused', refused: last, signal }),
            new Promise((_, late) => signal.addEventListener('abort', late)),
          ])
        : // What is no function has no newer token; '' is nobody's, who may be let in too.
          reason === 'refresh' || provider
    // P6: the memory may be another by now.
    if (typeof token !== 'string' || memory.refused.includes(token)) {
      throw Object.assign(new Error('No other token'), { action: 'stop', name: 'NoOtherToken' })
    }
    return token
  }

  return {
    get(reason, signal) {
      const answer = asking.then(() => ask(reason, signal))
      asking = answer.catch(() => {})
      return answer
    },
    accept() {
      memory = acceptToken(memory)
    },
    after(action, token) {
      // Presented before another connection learned that it is refused: no second refusal.
      if (action !== 'refresh' || memory.refused.includes(token)) return action
      const next = actionAfter(memory, action)
      memory = refuseToken(memory, token)
      return next
    },
  }
}
