import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { type AuthError, isAuthError } from '@wsauth/protocol'
import { checkedPrincipal } from '../principal.ts'
import type { Verifier, VerifierContext } from '../verifiers/verifier.ts'
import type { Case } from './case.ts'

interface Subject {
  readonly verifier: Verifier
  /** A token that is good. */
  readonly token: string
  /** Tokens that are not: expired, foreign, revoked at the issuer … */
  readonly refused: readonly string[]
}
type MakeVerifier = () => Subject | Promise<Subject>

const context: VerifierContext = {
  method: 'firstMessage',
  signal: new AbortController().signal,
  reason: 'connect',
}
const junk = [
  'x',
  '.',
  '..',
  '...',
  'a.b.c',
  'null',
  '{}',
  '\u0000',
  '\ud800',
  'é'.repeat(100),
  ' ',
  'Bearer x',
]

async function refusalOf(verifier: Verifier, token: string): Promise<AuthError> {
  try {
    await verifier(token, context)
  } catch (error) {
    assert.ok(isAuthError(error, 'invalid_token'), `threw ${inspect(error)}`)
    return error
  }
  throw new assert.AssertionError({ message: 'the token was taken' })
}

/**
 * What every verifier promises: a principal or `invalid_token`, and never a word of the credential.
 *
 * @example for (const { name, run } of verifierCases) it(name, () => run(() => ({ verifier, token, refused: [expired] })))
 */
export const verifierCases: readonly Case<MakeVerifier>[] = [
  {
    name: 'answers a good token with a principal',
    run: async (make) => {
      const { verifier, token } = await make()
      assert.ok(checkedPrincipal(await verifier(token, context)))
    },
  },
  {
    name: 'gives the same answer each time, and to many at once',
    run: async (make) => {
      const { verifier, token } = await make()
      const first = await verifier(token, context)
      const more = await Promise.all(Array.from({ length: 20 }, () => verifier(token, context)))
      for (const one of more) assert.deepEqual(one, first)
    },
  },
  {
    name: 'refuses what it does not know with invalid_token',
    run: async (make) => {
      const { verifier, token, refused } = await make()
      for (const bad of [...refused, ...junk]) await refusalOf(verifier, bad)
      for (const bad of [`${token}x`, ` ${token}`, `${token}\n`, token.slice(1), token.slice(0, -3)]) {
        await refusalOf(verifier, bad)
      }
    },
  },
  {
    name: 'never tells a piece of the token in what it throws',
    run: async (make) => {
      const { verifier, token, refused } = await make()
      for (const bad of [...refused, `${token}x`]) {
        const error = await refusalOf(verifier, bad)
        const told = `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}${error.stack}`
        for (const piece of bad.match(/.{12}/g) ?? [bad])
          assert.ok(!told.includes(piece), 'a piece of the token')
      }
    },
  },
]
