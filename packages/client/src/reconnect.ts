import type { BackoffOptions } from '@wsauth/protocol'

/** When a client dials again after a loss; times in milliseconds. */
export type ReconnectOptions = Partial<BackoffOptions>

/** The delays of an option `reconnect`, or `undefined` where it is turned off. */
export function resolveReconnect(option: ReconnectOptions | false | undefined): BackoffOptions | undefined {
  return option === false ? undefined : { minDelayMs: 1_000, maxDelayMs: 30_000, ...option }
}
