import { Server } from '@hocuspocus/server'
import type { Job, Served } from '../job.ts'
import { listen } from './listen.ts'
import { jsonwebtokenVerifier } from './verify-jsonwebtoken.ts'

/** Hocuspocus with the token verified in `onAuthenticate`; all clients open one small document. */
export async function serve(job: Job): Promise<Served> {
  const verify = jsonwebtokenVerifier(job)
  const hocuspocus = new Server({
    quiet: true,
    stopOnSignals: false,
    async onAuthenticate({ token }) {
      return { userId: verify(token) }
    },
    async onStateless({ connection, payload }) {
      connection.sendStateless(payload)
    },
  })
  return listen(hocuspocus.httpServer, job)
}
