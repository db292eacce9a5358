import { maySend } from '../../handshake/client.ts'
import { stepClient } from '../../handshake/client-session.ts'
import { acceptToken, actionAfter, nextAttempt } from '../../handshake/retry.ts'
import { mayDeliver, openServer, serverDueAt, stepServer } from '../../handshake/server.ts'
import { openClient } from '../open-client.ts'

/** Everything that decides in a duel: the functions that ship, so that a test can put a mistake in the place of one. */
export interface Machines {
  readonly openServer: typeof openServer
  readonly stepServer: typeof stepServer
  readonly serverDueAt: typeof serverDueAt
  readonly mayDeliver: typeof mayDeliver
  readonly openClient: typeof openClient
  readonly stepClient: typeof stepClient
  readonly maySend: typeof maySend
  readonly acceptToken: typeof acceptToken
  readonly actionAfter: typeof actionAfter
  readonly nextAttempt: typeof nextAttempt
}

export const shipping: Machines = {
  openServer,
  stepServer,
  serverDueAt,
  mayDeliver,
  openClient,
  stepClient,
  maySend,
  acceptToken,
  actionAfter,
  nextAttempt,
}
