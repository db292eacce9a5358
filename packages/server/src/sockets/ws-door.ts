import type { IncomingMessage } from 'node:http'
import type { Limits } from '../options.ts'
import type { WsEdge } from './ws-edge.ts'
import type { AuthWebSocket } from './ws-socket.ts'

/** What `ws` gives a `verifyClient` to answer with. */
export type Answer = (
  accept: boolean,
  status?: number,
  body?: string,
  headers?: Record<string, string>,
) => void

/** The application's callback of `handleUpgrade`. */
export type Upgraded = (socket: AuthWebSocket, request: IncomingMessage) => void

/** The server, as its sockets need it. */
export interface WsDoor {
  readonly limits: Limits
  /** Runs what `answer` sets off; sockets that it brings belong to this edge. */
  complete(edge: WsEdge, answer: Answer): void
  track(socket: AuthWebSocket): void
  untrack(socket: AuthWebSocket): void
  hookFailed(hook: string, error: unknown): void
}
