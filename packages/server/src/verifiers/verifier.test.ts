import { AuthError, secret } from '@wsauth/protocol'
import { describe, expect, it } from 'vitest'
import type { RevocationStore } from '../stores/revocation-store.ts'
import { type Verifier, type VerifierContext, type VerifyOptions, verifyToken } from './verifier.ts'

const context: VerifierContext = { method: 'header', signal: new AbortController().signal, reason: 'connect' }
const token = 'plantedA.shorter.plantedB'
const ada: Verifier = () => ({ userId: 'ada' })

const verified = async (verifier: Verifier, options: Partial<VerifyOptions> = {}) =>
  verifyToken({ verifier, tokenBytes: 100, now: () => 1_000, ...options }, secret(token), () => context)
const thrownBy = async (verifier: Verifier, options: Partial<VerifyOptions> = {}): Promise<AuthError> =>
  verified(verifier, options).then(
    () => expect.unreachable(),
    (error: AuthError) => error,
  )
const throwing = (error: unknown): Verifier => {
  return () => {
    throw error
  }
}
const revocations = (isRevoked: RevocationStore['isRevoked']) => ({
  revocations: { isRevoked, add: async () => undefined, subscribe: () => () => undefined },
})

describe('what a verifier throws', () => {
  it('P5 is told without the credential, or a piece of it, and without its cause', async () => {
    const message = `no ${token}, nor plantedB, after shorter`
    const cause = new Error(token)
    const thrown = new AuthError('slow_down', { message, retryAfterMs: 5, expiredAtMs: 7, cause })
    const error = await thrownBy(throwing(thrown))
    const told = 'no [secret], nor [secret], after shorter'
    expect(error).toMatchObject({ error: 'slow_down', message: told })
    expect(error.details).toStrictEqual({ message: told, retryAfterMs: 5, expiredAtMs: 7 })
    expect('cause' in error).toBe(false)
    const [first, ...frames] = error.stack?.split('\n') ?? []
    expect(first).toBe(`AuthError: ${told}`)
    expect(frames.length).toBeGreaterThan(0)
    for (const frame of frames) expect(frame).toMatch(/^ +at /)
  })

  it('P5 is told without the lines of a longer message', async () => {
    const error = await thrownBy(
      throwing(new AuthError('invalid_token', { message: `see at ${token}\nlook at it` })),
    )
    expect(error.stack).not.toContain('planted')
    expect(error.stack?.match(/look at it/g)).toHaveLength(1)
  })

  it('says no more than it did', async () => {
    const error = await thrownBy(throwing(new AuthError('access_denied')))
    expect(error.message).toBe('access_denied')
    expect(error.details).toStrictEqual({})
    const bare = new AuthError('access_denied')
    Object.assign(bare, { stack: undefined })
    expect((await thrownBy(throwing(bare))).stack).toBe('AuthError: access_denied')
  })

  it.each<[string, Verifier, string]>([
    ['another error', throwing(new RangeError(token)), 'the verifier threw: RangeError'],
    ['no error', throwing(token), 'the verifier threw: string'],
    ['another shape', () => ({ name: 'ada' }) as never, 'the verifier answered with something else than'],
  ])('is temporarily_unavailable for %s, of which no text is told', async (_, verifier, message) => {
    const error = await thrownBy(verifier)
    expect(error).toMatchObject({
      error: 'temporarily_unavailable',
      message: expect.stringContaining(message),
    })
    expect(error.message).not.toContain('planted')
  })
})

describe('what was verified', () => {
  it('has not ended, leeway included', async () => {
    const ending =
      (expiresAt: number): Verifier =>
      () => ({ userId: 'ada', expiresAt, leewayMs: 100 })
    expect(await verified(ending(901))).toMatchObject({ userId: 'ada' })
    expect(await thrownBy(ending(900))).toMatchObject({
      error: 'invalid_token',
      details: { expiredAtMs: 900 },
    })
  })

  it('tells the operator why it was refused, and what an end in seconds looks like', async () => {
    const ending =
      (expiresAt: number): Verifier =>
      () => ({ userId: 'ada', expiresAt })
    const now = () => 1_800_000_000_000
    const told = async (verifier: Verifier) => (await thrownBy(verifier, { now })).message
    expect(await told(ending(1_799_999_999_000))).toBe('the credential has ended')
    expect(await told(ending(5))).toBe('the credential has ended')
    expect(await told(ending(1_800_000_900))).toMatch(/`expiresAt` looks like seconds; it is milliseconds/)
    expect(
      (
        await thrownBy(
          ada,
          revocations(() => true),
        )
      ).message,
    ).toBe('the credential was revoked')
  })

  it.each([
    ['a Date', new Date(2e12)],
    ['never', Number.POSITIVE_INFINITY],
    ['null', null],
  ])('says what an end is where the verifier gives %s', async (_, expiresAt) => {
    const error = await thrownBy(() => ({ userId: 'ada', expiresAt }) as never)
    expect(error).toMatchObject({
      error: 'temporarily_unavailable',
      message: expect.stringContaining('expiresAt?: milliseconds since the epoch, left out for no end'),
    })
  })

  it('was not revoked, whether the store knows at once or has to ask', async () => {
    for (const isRevoked of [() => false, async () => false])
      expect(await verified(ada, revocations(isRevoked))).toMatchObject({ userId: 'ada' })
    for (const isRevoked of [() => true, async () => true])
      expect(await thrownBy(ada, revocations(isRevoked))).toMatchObject({ error: 'invalid_token' })
  })

  it('is temporarily_unavailable while the store cannot tell', async () => {
    const broken = () => {
      throw new RangeError(token)
    }
    for (const isRevoked of [broken, async () => broken()]) {
      expect(await thrownBy(ada, revocations(isRevoked))).toMatchObject({
        error: 'temporarily_unavailable',
        message: 'the revocation store threw: RangeError',
      })
    }
    const known = new AuthError('slow_down')
    expect(
      await thrownBy(
        ada,
        revocations(() => Promise.reject(known)),
      ),
    ).toBe(known)
  })
})
