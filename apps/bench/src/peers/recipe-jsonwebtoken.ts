import type { Job, Served } from '../job.ts'
import { serveFirstMessage } from './first-message.ts'
import { jsonwebtokenVerifier } from './verify-jsonwebtoken.ts'

/** Recipe R2, hand-written, with `jsonwebtoken` and a key that is imported once. */
export async function serve(job: Job): Promise<Served> {
  return serveFirstMessage(job, jsonwebtokenVerifier(job))
}
