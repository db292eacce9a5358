import type { Action } from './error-codes.ts'

/** Close codes of wsauth (4000 to 4999, RFC 6455 §7.4.2) and those of the registry that it sends itself. */
export const CloseCode: {
  readonly normal: 1000
  readonly protocolError: 1002
  readonly internalError: 1011
  readonly authentication: 4001
  readonly tokenExpired: 4002
  readonly forbidden: 4003
  readonly sessionRevoked: 4004
  readonly tooManyAttempts: 4029
} = {
  normal: 1000,
  protocolError: 1002,
  internalError: 1011,
  authentication: 4001,
  tokenExpired: 4002,
  forbidden: 4003,
  sessionRevoked: 4004,
  tooManyAttempts: 4029,
}

/**
 * What a client does after a close that no `auth_fail` explained (PROTOCOL 6.4).
 *
 * Codes of the application (3000 to 4999 not in the table) are `stop` unless `classify` says otherwise.
 */
export function actionOfClose(
  code: number,
  reason: string,
  classify?: (close: { readonly code: number; readonly reason: string }) => Action | undefined,
): Action {
  const close = `${code} ${reason}`
  if (/^(100[156]|101[1-5]|4029|4001 Authentication timeout)/.test(close)) return 'retry'
  if (/^(4002|4001 (?!Invalid request))/.test(close)) return 'refresh'
  return actionNamed(!/^(1|400[134])/.test(close) && classify?.({ code, reason }), 'stop')
}

/** What a peer named as action, where it is one. */
export function actionNamed(value: unknown, otherwise: Action): Action {
  const actions: readonly unknown[] = ['stop', 'refresh', 'retry'] satisfies readonly Action[]
  return actions.includes(value) ? (value as Action) : otherwise
}

/** What a client does after a refused upgrade whose HTTP status it can see, as in Node (PROTOCOL 6.5). */
export function actionOfStatus(status: number): Action {
  return status === 401 ? 'refresh' : status === 408 || status === 429 || status > 499 ? 'retry' : 'stop'
}
