import { jwtVerify } from 'jose'
import { cryptoKey, type Job, type Served } from '../job.ts'
import { serveFirstMessage } from './first-message.ts'

/** Recipe R2, hand-written, with `jose` and a key that is imported once. */
export async function serve(job: Job): Promise<Served> {
  const key = await cryptoKey(job)
  const options = { algorithms: [job.algorithm], issuer: job.issuer, audience: job.audience }
  return serveFirstMessage(job, async (token) => {
    const { payload } = await jwtVerify(token, key, options)
    return String(payload.sub)
  })
}
