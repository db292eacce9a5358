// The server

export type { Clock } from '@wsauth/protocol'
export type { Stats } from './authenticator.ts'
export type { DrainCounts, DrainOptions } from './drain.ts'
export type { ErrorCounts, Totals } from './observations.ts'
export type { AuthOptions, Limits } from './options.ts'
export type { DisconnectTarget, RevokeOptions, RevokeTarget } from './revoke.ts'
export type { SocketAuth } from './socket-auth.ts'
export { AuthWebSocketServer, type AuthWebSocketServerOptions } from './sockets/ws.ts'
export { AuthWebSocket, type RequireAuthOptions } from './sockets/ws-socket.ts'

// Methods: how a credential travels

export { type CookieOptions, cookie } from './methods/cookie.ts'
export { type FirstMessageOptions, firstMessage } from './methods/first-message.ts'
export { header } from './methods/header.ts'
export type { Method, MethodName } from './methods/method.ts'
export { type QueryOptions, query } from './methods/query.ts'
export { type SubprotocolOptions, subprotocol } from './methods/subprotocol.ts'
export { type TicketOptions, ticket } from './methods/ticket.ts'
export type { UpgradeFacts, UpgradeRequest } from './upgrade-request.ts'

// Verifiers: a credential becomes a principal, or is refused

export type { Principal } from './principal.ts'
export type { Algorithm } from './verifiers/algorithms.ts'
export type { Claims } from './verifiers/claims.ts'
export { firstOf } from './verifiers/first-of.ts'
export { type IntrospectionOptions, introspection } from './verifiers/introspection.ts'
export { type JwtVerifierOptions, jwtVerifier } from './verifiers/jwt.ts'
export type { Key } from './verifiers/keys.ts'
export { requireScope } from './verifiers/require-scope.ts'
export type { Verifier, VerifierContext } from './verifiers/verifier.ts'

// Issuing tokens, for those who have no identity provider

export {
  type TokenIssuer,
  type TokenIssuerOptions,
  type TokenSubject,
  tokenIssuer,
} from './verifiers/token-issuer.ts'

// Tickets

export { type TicketEndpointOptions, ticketEndpoint } from './ticket-endpoint.ts'
export type { TicketEndpoint } from './tickets/endpoint.ts'
export { type IssuedTicket, type IssueTicketOptions, issueTicket } from './tickets/issue.ts'
export { toNodeHandler } from './tickets/node-handler.ts'

// Stores and limiters: the ports, and what keeps them in memory

export type { Attempt, Limiter } from './limiters/limiter.ts'
export { MemoryLimiter, type MemoryLimiterOptions } from './limiters/memory.ts'
export type { MayBeAway, StoreHealth, StoreHealthEvent, StoreName } from './store-health.ts'
export type { ConnectionStore } from './stores/connection-store.ts'
export { MemoryRevocations, type MemoryRevocationsOptions } from './stores/memory-revocations.ts'
export { MemoryTicketStore, type MemoryTicketStoreOptions } from './stores/memory-tickets.ts'
export {
  covers,
  hashedId,
  type Revocation,
  type RevocationStore,
  wasIssuedBy,
} from './stores/revocation-store.ts'
export { maxOutstandingTickets, type TicketGrant, type TicketStore } from './stores/ticket-store.ts'

// Events

export type {
  AuthEvents,
  AuthExpiredEvent,
  AuthFailEvent,
  AuthMethod,
  AuthOkEvent,
  AuthRefreshEvent,
  AuthRevokedEvent,
  AuthWarningEvent,
  HookErrorEvent,
  PeerFacts,
  SessionFacts,
} from './events.ts'

// Errors, as on the wire

export {
  type Action,
  AuthError,
  type AuthErrorDetails,
  type AuthErrorName,
  type AuthRequiredReason,
  failures,
  isAuthError,
} from '@wsauth/protocol'
