import { AuthError, type AuthErrorName } from '@wsauth/protocol'
import { describe, expect, it, vi } from 'vitest'
import type { Principal } from '../principal.ts'
import { firstOf } from './first-of.ts'
import { requireScope } from './require-scope.ts'
import type { Verifier, VerifierContext } from './verifier.ts'

const context: VerifierContext = { method: 'header', signal: new AbortController().signal, reason: 'connect' }
const gives =
  (userId: string): Verifier =>
  () => ({ userId })
const throws =
  (error: AuthErrorName): Verifier =>
  async () => {
    throw new AuthError(error)
  }
const breaks: Verifier = () => {
  throw new RangeError('broken')
}
const nobody = (() => undefined) as unknown as Verifier
const verdict = (verifier: Verifier) =>
  Promise.resolve()
    .then(() => verifier('token', context))
    .then(
      ({ userId }) => userId,
      (error: { error?: string; name: string }) => error.error ?? error.name,
    )

describe('firstOf', () => {
  it.each<[string, Verifier[], string]>([
    ['the first', [gives('a'), gives('b')], 'a'],
    ['the second, where the first does not know it', [throws('invalid_token'), gives('b')], 'b'],
    ['the second, where the first says nothing', [nobody, gives('b')], 'b'],
    ['the second, where the first cannot answer', [throws('temporarily_unavailable'), gives('b')], 'b'],
    ['the second, where the first breaks', [breaks, gives('b')], 'b'],
    ['nobody', [throws('invalid_token'), throws('invalid_token')], 'invalid_token'],
    [
      'one that could not answer',
      [throws('temporarily_unavailable'), throws('invalid_token')],
      'temporarily_unavailable',
    ],
    ['one that broke', [breaks, throws('invalid_token')], 'RangeError'],
    ['a final refusal', [throws('insufficient_scope'), gives('b')], 'insufficient_scope'],
    ['a final refusal after one that could not answer', [breaks, throws('access_denied')], 'access_denied'],
  ])('%s decides', async (_, verifiers, expected) => {
    expect(await verdict(firstOf(...verifiers))).toBe(expected)
  })

  it('tells the operator what each of them said', async () => {
    const says =
      (message?: string): Verifier =>
      async () => {
        throw new AuthError('invalid_token', message === undefined ? {} : { message })
      }
    const asked = Promise.resolve(firstOf(says('one'), says(), says('two'), says('one'))('token', context))
    await expect(asked).rejects.toMatchObject({
      details: { message: 'no verifier took the token; one; two' },
    })
  })

  it('asks no more than it has to', async () => {
    const second = vi.fn(gives('b'))
    await verdict(firstOf(gives('a'), second))
    expect(second).not.toHaveBeenCalled()
  })

  it('looks at a session again by those that can, and verifies by the others', async () => {
    const again = Object.assign(throws('invalid_token'), { revalidate: () => ({ userId: 'again' }) })
    const verifier = firstOf(throws('invalid_token'), again)
    expect(await verifier.revalidate?.('token', { userId: 'again' }, context)).toEqual({ userId: 'again' })
    const plain = firstOf(gives('plain'), again)
    expect(await plain.revalidate?.('token', { userId: 'plain' }, context)).toEqual({ userId: 'plain' })
    expect(firstOf(gives('a')).revalidate).toBeUndefined()
  })

  it('refuses to be made of nothing', () => {
    expect(() => firstOf()).toThrow(TypeError)
    expect(() => firstOf({} as Verifier)).toThrow(TypeError)
    expect(() => firstOf(gives('a'), {} as Verifier)).toThrow(TypeError)
  })
})

describe('requireScope', () => {
  const withClaims =
    (claims: Principal['claims']): Verifier =>
    () => ({ userId: 'ada', ...(claims ? { claims } : {}) })
  it.each<[Principal['claims'], string]>([
    [{ scope: 'read write' }, 'ada'],
    [{ scope: 'write extra read' }, 'ada'],
    [{ scp: ['read', 'write'] }, 'ada'],
    [{ scp: 'read write' }, 'ada'],
    [{ scope: 'read', scp: 'write' }, 'ada'],
    [{ scope: 'read' }, 'insufficient_scope'],
    [{ scope: 'READ WRITE' }, 'insufficient_scope'],
    [{ scope: 'read writer' }, 'insufficient_scope'],
    [{ scope: 'read,write' }, 'insufficient_scope'],
    [{ scope: '' }, 'insufficient_scope'],
    [{ scope: { read: true, write: true } }, 'insufficient_scope'],
    [{ scope: null, scp: [['read'], 'write'] }, 'insufficient_scope'],
    [{}, 'insufficient_scope'],
    [undefined, 'insufficient_scope'],
  ])('read and write of %j: %s', async (claims, expected) => {
    expect(await verdict(requireScope(withClaims(claims), 'read', 'write'))).toBe(expected)
  })

  it('passes refusals on, and that there is nobody', async () => {
    expect(await verdict(requireScope(throws('invalid_token'), 'read'))).toBe('invalid_token')
    expect(await requireScope(nobody, 'read')('token', context)).toBeUndefined()
  })

  it('wants the scope again when a session is looked at again', async () => {
    const inner = Object.assign(withClaims({ scope: 'read' }), {
      revalidate: withClaims({ scope: '' }) as never,
    })
    await expect(
      requireScope(inner, 'read').revalidate?.('token', { userId: 'ada' }, context),
    ).rejects.toMatchObject({
      error: 'insufficient_scope',
    })
    expect(requireScope(gives('a'), 'read').revalidate).toBeUndefined()
  })

  it('answers at once where its verifier does, and wants the scope there too', () => {
    const inner = withClaims({ scope: 'read' })
    const atOnce = (token: string) => inner(token, context)
    const { atOnce: answer } = requireScope(Object.assign(inner, { atOnce }), 'read')
    expect(answer?.('token')).toMatchObject({ userId: 'ada' })
    const { atOnce: refusal } = requireScope(Object.assign(inner, { atOnce }), 'write')
    expect(() => refusal?.('token')).toThrow(expect.objectContaining({ error: 'insufficient_scope' }))
    expect(requireScope(gives('a'), 'read').atOnce).toBeUndefined()
  })

  it('refuses to stand around nothing', () => {
    expect(() => requireScope({} as Verifier, 'read')).toThrow(/is a verifier/)
  })

  it.each([[[]], [['']], [['two words']], [['"']], [['read', 'two words']], [[['read']]], [[undefined]]])(
    'refuses scopes %j',
    (scopes) => {
      expect(() => Reflect.apply(requireScope, undefined, [gives('a'), ...scopes])).toThrow(/one by one/)
    },
  )
})
