import type { AuthErrorName } from '@wsauth/protocol'
import type { Connection } from './connection.ts'

/** What becomes of those who bring none. */
const withoutCredential: readonly AuthErrorName[] = ['timeout', 'invalid_token', 'policy_violation']

/** Why somebody was refused before they were admitted, for the operator. Where no verifier said so, it is a constant. */
export function detailOfRefusal({ work, host }: Connection, error: AuthErrorName): string | undefined {
  const { proof, requestMethod, method = requestMethod, ignored = 0, isJudging = false } = work ?? {}
  if (proof?.detail !== undefined) return proof.detail
  if (error === 'timeout' && isJudging) return 'the verifier gave no verdict within auth.deadlineMs'
  if (method !== undefined || !withoutCredential.includes(error)) return undefined
  // A client that presents its credential by a way that is not open here waits in vain, and neither end says why.
  const ways = host.options.methods.map(({ name }) => `${name}()`).join(' or ')
  const others = ignored > 0 ? `; ${ignored} message(s) came that are no {"type":"auth","token":"…"}` : ''
  return `no credential came by ${ways}${others}`
}

const ofRefresh: Readonly<Partial<Record<AuthErrorName, string>>> = {
  access_denied: 'the newer token is of another user or issuer',
  invalid_token: 'the newer token is older than the one before it, or over',
  slow_down: 'more than auth.refreshesPerMinute, or two at a time',
  temporarily_unavailable: 'a revocation came while the newer token was verified',
}

/** Why a newer token was refused on a live connection: what its verifier said, or what the machine does not take. */
export function detailOfRefresh({ work }: Connection, error: AuthErrorName): string | undefined {
  const { detail, principal } = work?.proof ?? {}
  // A verifier that refuses without a word is not spoken for.
  return detail ?? (principal || error === 'slow_down' ? ofRefresh[error] : undefined)
}
