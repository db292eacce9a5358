// Wire: shapes, tables, grammars

export { actionNamed, actionOfClose, actionOfStatus, CloseCode } from './wire/close-codes.ts'
export { believedMs, closeReason, retryAfterOf } from './wire/close-reason.ts'
export {
  type Action,
  type AuthErrorName,
  type Failure,
  failures,
  isAuthErrorName,
} from './wire/error-codes.ts'
export { AuthError, type AuthErrorDetails, isAuthError } from './wire/errors.ts'
export type {
  AuthFailMessage,
  AuthMessage,
  AuthOkMessage,
  AuthRequiredMessage,
  AuthRequiredReason,
  ContinuousMessage,
  GoingAwayMessage,
  PingMessage,
  ServerControl,
  ServerMessage,
  Version,
} from './wire/messages.ts'
export { parseClientControl, parseContinuous, parseFirstMessage } from './wire/parse-client-message.ts'
export { controlOf, numberOr, parseServerMessage } from './wire/parse-server-message.ts'
export { Secret, secret } from './wire/secret.ts'
export {
  controlPrefix,
  failureReason,
  serializeAuth,
  serializeAuthFail,
  serializeAuthOk,
  serializeBearerText,
  serializeContinuous,
  serializeControl,
  serializeRefresh,
} from './wire/serialize-message.ts'
export {
  bearerSubprotocol,
  bearerSubprotocolPrefix,
  isBearerSubprotocol,
  isOwnSubprotocol,
  isSubprotocol,
  tokenOfSubprotocol,
  versionSubprotocol,
} from './wire/subprotocol.ts'

// Handshake: both machines

export { type BackoffOptions, backoffMs, healthyMs } from './handshake/backoff.ts'
export { type ClientPolicy, clientDueAt, maySend, stepConnection } from './handshake/client.ts'
export { stepClient } from './handshake/client-session.ts'
export type {
  ClientEffects,
  ClientHappening,
  ClientInput,
  ClientState,
  ClientStep,
  Ending,
  Leave,
  Moment,
  Outcome,
  SocketClosed,
  TokenReason,
} from './handshake/client-state.ts'
export { livesUntil } from './handshake/deadlines.ts'
export {
  acceptToken,
  actionAfter,
  freshMemory,
  nextAttempt,
  type TokenMemory,
} from './handshake/retry.ts'
export { mayDeliver, openServer, serverDueAt, stepServer, type UpgradeOpening } from './handshake/server.ts'
export type {
  Finding,
  Grant,
  ServerEffect,
  ServerInput,
  ServerPolicy,
  ServerState,
  ServerStep,
  Session,
  Subject,
  Verdict,
} from './handshake/server-state.ts'

// Ports

export type { Clock } from './ports/clock.ts'
export { broken, ok, type Result } from './ports/result.ts'
export type { SocketPort } from './ports/socket.ts'
