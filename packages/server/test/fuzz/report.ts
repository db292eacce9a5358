/** What the target is asked, and what it answers. */
/** `collect` is a report after all garbage was collected. */
export type Question = 'report' | 'collect' | 'stop'
export interface Report {
  /** `<user> <text>` of each message that reached the application since the last report. */
  readonly delivered: readonly string[]
  /** Users that were let in since the last report. */
  readonly admitted: readonly string[]
  /** What went wrong for good: unhandled rejections, uncaught exceptions, failed hooks. */
  readonly broken: readonly string[]
  /** Members of built-in prototypes that were not there at the start. */
  readonly planted: readonly string[]
  /** Sockets and verifications that are still known to the server. */
  readonly left: number
  readonly stats: string
  readonly refused: Readonly<Record<string, number>>
  readonly rss: number
  /** What JavaScript holds, buffers included. */
  readonly heap: number
  /** Timers that run. */
  readonly timers: number
}

export const deadlineMs = 500
export const closeTimeoutMs = 200
