import { jwtVerifier, type Principal, tokenIssuer, type Verifier } from '@wsauth/server'
import { shortTokenMs } from '../shared/lab.ts'
import type { User } from './users.ts'

/** What a browser adds by itself cannot be renewed on a live connection, so it lives longer. */
const cookieMs = 15 * 60_000

/** Access tokens: signed here, checked by the same verifier whether they come over HTTP or over the socket. */
export interface AccessTokens {
  readonly verifier: Verifier
  issue(user: User, sessionId: string): Promise<string>
  /** As the one that the caller came with, with seconds to live. */
  issueShort(principal: Principal): Promise<string>
  /** For the cookie method, and how long it lives. */
  issueForCookie(user: User, sessionId: string): Promise<{ readonly value: string; readonly maxAge: number }>
}

export function accessTokens(key: Uint8Array, ttlMs: number): AccessTokens {
  const shared = { key, issuer: 'wsauth-demo', audience: 'wsauth-demo-chat' }
  const short = tokenIssuer({ ...shared, algorithm: 'HS256', ttlMs })
  const long = tokenIssuer({ ...shared, algorithm: 'HS256', ttlMs: cookieMs })
  const brief = tokenIssuer({ ...shared, algorithm: 'HS256', ttlMs: shortTokenMs })
  const subject = ({ id, name, admin }: User, sessionId: string) => ({ userId: id, sessionId, name, admin })
  return {
    verifier: jwtVerifier({ ...shared, algorithms: ['HS256'], requiredClaims: ['sid', 'name'] }),
    issue: (user, sessionId) => short.issue(subject(user, sessionId)),
    issueShort: ({ userId, sessionId = '', claims }) =>
      brief.issue({ userId, sessionId, name: claims?.name, admin: claims?.admin }),
    issueForCookie: async (user, sessionId) => ({
      value: await long.issue(subject(user, sessionId)),
      maxAge: cookieMs / 1_000,
    }),
  }
}
