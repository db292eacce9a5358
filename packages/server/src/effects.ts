import {
  type AuthErrorName,
  type Grant,
  retryAfterOf,
  type Secret,
  type ServerEffect,
} from '@wsauth/protocol'
import type { Connection } from './connection.ts'
import { socketAuth } from './socket-auth.ts'

type EffectTable = {
  readonly [Type in ServerEffect['type']]: (
    connection: Connection,
    effect: Extract<ServerEffect, { type: Type }>,
  ) => void
}

/** One line per effect of the server machine; one that is forgotten here does not compile. */
const effects: EffectTable = {
  accept: (connection) => accept(connection),
  reject: (connection, { error, retryAfterMs }) => reject(connection, error, retryAfterMs),
  send: (connection, { text }) => connection.send(text),
  verify: (connection, { attempt, token, reason }) => verify(connection, attempt, token, reason),
  revalidate: (connection, { attempt }) => connection.host.revalidate(connection, attempt),
  hold: (connection) => connection.working.hold(),
  admit: (connection, { grant }) => admit(connection, grant),
  release: (connection) => connection.release(),
  renew: (connection, { grant, refreshed }) => renew(connection, grant, refreshed),
  'refresh-refused': (connection, { error }) => connection.host.refreshRefused(connection, error),
  ping: (connection) => connection.edge.ping(),
  close: (connection, { code, reason, error }) => close(connection, code, reason, error),
  terminate: (connection) => terminate(connection),
}

/** Does what the machine asks for, in its order. */
export function perform(connection: Connection, asked: readonly ServerEffect[]): void {
  for (const effect of asked) {
    const act: (connection: Connection, effect: never) => void = effects[effect.type]
    act(connection, effect as never)
  }
}

function accept(connection: Connection): void {
  if (!connection.edge.accept()) connection.gone()
}

function reject(connection: Connection, error: AuthErrorName, retryAfterMs?: number): void {
  connection.over(error)
  connection.edge.reject(error, retryAfterMs)
  connection.host.refused(connection, error, retryAfterMs)
}

function verify(connection: Connection, attempt: number, token: Secret, reason: 'connect' | 'refresh'): void {
  const { host, state, working } = connection
  const { messageMethod } = host.options
  const cameBy = state.name === 'upgrading' ? (working.requestMethod ?? messageMethod) : messageMethod
  working.judging(cameBy)
  host.verify(connection, attempt, { token, method: cameBy }, reason)
}

function admit(connection: Connection, grant: Grant): void {
  const { host, edge, isGone } = connection
  if (isGone || connection.isClosed) return
  take(connection, grant)
  connection.open()
  host.admitted(connection)
  // An observer may have closed it.
  if (connection.isOpen) edge.admit()
}

function renew(connection: Connection, grant: Grant, refreshed: boolean): void {
  connection.host.renewed(connection, () => take(connection, grant), refreshed)
  if (refreshed && connection.auth) connection.work?.stepUp?.renewed(connection.auth)
}

function take(connection: Connection, grant: Grant): void {
  const { auth, work } = connection
  const { principal, credential } = work?.proof ?? {}
  connection.principal = principal
  connection.credential = credential
  // A refresh does not change how somebody came.
  const cameBy = auth && auth.method !== 'anonymous' ? auth.method : work?.method?.name
  connection.auth = socketAuth(grant, principal, cameBy ?? 'anonymous')
}

function close(connection: Connection, code: number, reason: string, error?: AuthErrorName): void {
  const wasOpen = connection.isOpen
  connection.over(error)
  connection.edge.close(code, reason)
  if (wasOpen) connection.host.ended(connection, error)
  else if (error) connection.host.refused(connection, error, retryAfterOf(reason))
}

function terminate(connection: Connection): void {
  connection.over()
  connection.edge.terminate()
}
