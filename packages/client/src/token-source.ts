import { type Action, acceptToken, actionAfter, type TokenMemory, type TokenReason } from '@wsauth/protocol'
import { now } from '#clock'
import type { Told } from './methods/method.ts'
import type { TokenProvider, TokenRequest } from './options.ts'
import type { Tabs } from './tabs.ts'

/** Where tokens come from: shared, with what is known of refused ones, by all connections of a class or client. */
export interface TokenSource {
  /** Asks for a token, one call at a time. Rejects with whatever the provider threw, or with an error that tells what comes next. */
  get(reason: TokenReason, signal: AbortSignal): Promise<string>
  /** The token was accepted, or the application starts over. */
  accept(): void
  /** What is done after `token` came to its end, `action` being what that asks for by itself; `accepted` where it was good before. */
  after(action: Action, token: string, accepted?: boolean): Action
  /** With whom tokens are shared. */
  tabs?: Tabs | undefined
}

/** A call of the provider that was called off is waited for, until it has had `timeoutMs`. */
export function tokenSource(provider: Exclude<TokenProvider, string>, timeoutMs: number): TokenSource {
  let memory: TokenMemory = [[]]
  let asking = Promise.resolve('')
  let call: Promise<unknown> = asking
  let byMs = 0
  const source: TokenSource = {
    get(reason, signal) {
      // From now on, for it may come before this one's turn.
      const calledOff = new Promise((resolve) => signal.addEventListener('abort', resolve))
      const ask = async () => {
        // The last one may be on its way with a refresh token that is good for one use.
        let timer: ReturnType<typeof setTimeout> | undefined
        const over = new Promise((resolve) => {
          timer = setTimeout(resolve, Math.max(0, byMs - now()))
        })
        await Promise.race([call, calledOff, over]).catch(() => {})
        clearTimeout(timer)
        if (signal.aborted) throw signal
        const [refused, last] = memory
        const request: TokenRequest = {
          reason: last === undefined ? reason : 'refused',
          refused: last,
          signal,
        }
        const own = async () => {
          byMs = now() + timeoutMs
          call = (async () => provider(request))()
          const token = await Promise.race([call, calledOff])
          // P6: the memory may be another by now.
          if (typeof token === 'string' && !memory[0].includes(token)) return token
          throw Object.assign(new Error(`No new token: ${token && typeof token}`), {
            name: 'NoOtherToken',
            wsauth: { action: 'stop' },
          } satisfies Told & { name: string })
        }
        return source.tabs?.share(request, refused, own) ?? own()
      }
      asking = asking.then(ask, ask)
      return asking
    },
    accept() {
      memory = acceptToken(memory)
    },
    after(action, token, accepted) {
      // What another tab had says nothing of what the provider gives: no refusal of it is the second.
      const isOld = accepted || token === source.tabs?.taken
      let next: Action
      ;[next, memory] = actionAfter(memory, action, token, isOld)
      return next
    },
  }
  return source
}
