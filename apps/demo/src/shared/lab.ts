/** What the lab's buttons and the admin tab get told over HTTP. */

/** A live connection, as the admin tab lists it. */
export interface ListedConnection {
  readonly connection: string
  readonly name: string
  readonly method: string
  readonly sinceMs: number
  /** Milliseconds from now to the credential's end. */
  readonly endsInMs: number | undefined
}

export interface ConnectionList {
  /** Everybody's, or one's own alone. */
  readonly all: boolean
  readonly connections: readonly ListedConnection[]
}

/** `renew`: present a newer token within {@link renewMarginMs}, or be closed. `revoke`: the log-in ends, now. */
export type Ending = 'renew' | 'revoke'

export const renewMarginMs: number = 10_000

/** How long the short-lived token of some experiments lives. */
export const shortTokenMs: number = 5_000

/** Over how long a drain sends everybody away. */
export const drainMs: number = 3_000

/** For how long a restart takes the server away. */
export const downMs: number = 3_000
