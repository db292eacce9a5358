import jwt from 'jsonwebtoken'
import { type Job, keyObject } from '../job.ts'

/** `jsonwebtoken` with a key that is imported once; the cheapest verification there is for its users. */
export function jsonwebtokenVerifier(job: Job): (token: string) => string {
  const { algorithm, issuer, audience } = job
  if (algorithm === 'EdDSA') throw new TypeError('jsonwebtoken knows no EdDSA')
  const key = keyObject(job)
  const options: jwt.VerifyOptions & { complete?: false } = { algorithms: [algorithm], issuer, audience }
  return (token) => {
    const claims = jwt.verify(token, key, options)
    return typeof claims === 'string' ? claims : String(claims.sub)
  }
}
