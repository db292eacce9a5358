/** How many connections a user has on all nodes of a fleet together, for `auth.limits.connectionsPerUser`. */
export interface ConnectionStore {
  /**
   * Counts one more connection; false, and nothing is counted, where there are `limit` already. Of two nodes that ask at once
   * for the last place one gets it. Throws where it cannot know.
   */
  enter(userId: string, connectionId: string, limit: number): Promise<boolean>
  /**
   * It counts no longer. One that was never counted, or is asked about still, may be named. Nobody waits for it; what it
   * throws, or rejects with, is told by `hook_error`.
   */
  leave(connectionId: string): void | Promise<void>
}
