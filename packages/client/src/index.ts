// The two ways to connect

export { AuthClient } from './client.ts'
export {
  type AuthCloseEvent,
  type AuthWebSocket,
  type AuthWebSocketClass,
  createWebSocketClass,
} from './websocket-class.ts'

// Options and events

export type { Action, BackoffOptions, TokenReason } from '@wsauth/protocol'
export type {
  AuthFailEvent,
  AuthOkEvent,
  ClientEvents,
  ClientStateName,
  CloseEvent,
  Explanation,
} from './events.ts'
export type { AuthClientOptions, ConnectionOptions, TokenProvider, TokenRequest } from './options.ts'
export { SignInRequired } from './sign-in-required.ts'
export type { SocketClass, SocketData } from './socket.ts'

// How a token travels

export { cookie } from './methods/cookie.ts'
export { firstMessage } from './methods/first-message.ts'
export { header } from './methods/header.ts'
export type { Method } from './methods/method.ts'
export { query } from './methods/query.ts'
export { subprotocol } from './methods/subprotocol.ts'
export { type TicketOptions, ticket } from './methods/ticket.ts'
