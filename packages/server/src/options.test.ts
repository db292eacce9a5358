import { afterEach, expect, it, vi } from 'vitest'
import { verifier } from '../test/support.ts'
import { MemoryLimiter } from './limiters/memory.ts'
import { firstMessage } from './methods/first-message.ts'
import { header } from './methods/header.ts'
import { resolveOptions } from './options.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it.each<[string, object, string]>([
  ['a method that was not called', { methods: [firstMessage] }, 'auth.methods: firstMessage is a function'],
  ['a method by its name', { methods: [header(), 'cookie'] }, 'auth.methods: "cookie" is no method'],
  ['a method that is nothing', { methods: [undefined] }, 'auth.methods: undefined is no method'],
  ['a limiter of another kind', { limiter: {} }, 'auth.limiter has no waitMs, no failed, no succeeded'],
  [
    'revocations that cannot be heard',
    { revocations: new Map() },
    'auth.revocations has no add, no isRevoked',
  ],
  ['connections that cannot be left', { connections: { enter() {} } }, 'auth.connections has no leave'],
  ['`continuous` as text', { continuous: 'true' }, 'auth.continuous is "true": write true or false'],
  ['`allowAnonymous` as a number', { allowAnonymous: 1 }, 'auth.allowAnonymous is 1: write true or false'],
])('%s is a mistake that shows when the server is made', (_, auth, message) => {
  const wrong = () => resolveOptions({ verifier, ...auth })
  expect(wrong).toThrow(TypeError)
  expect(wrong).toThrow(message)
})

it('an option that does not exist is warned of, since what it was to forbid stays allowed', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  resolveOptions({ verifier, origins: ['https://app.example'], revocations: undefined as never })
  expect(warn).not.toHaveBeenCalled()
  resolveOptions({ verifier, ...{ origin: ['https://app.example'], heartBeatMs: 5 } })
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(
      /^auth: no such option: origin, heartBeatMs; it does nothing\. There are verifier, /,
    ),
    'WsauthWarning',
  )
})

it('limits of failures beside a limiter that has its own are warned of: they do nothing', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const limiter = new MemoryLimiter({ failuresPerSubject: 3 })
  resolveOptions({ verifier, limits: { failuresPerSubject: 3 } })
  resolveOptions({ verifier, limiter, limits: { pending: 5, failuresPerAddress: undefined as never } })
  expect(warn).not.toHaveBeenCalled()
  resolveOptions({ verifier, limiter, limits: { failuresPerSubject: 3, failuresPerAddress: 9 } })
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    'auth.limits: failuresPerSubject, failuresPerAddress: nothing counts by it beside auth.limiter; give it to that',
    'WsauthWarning',
  )
})
