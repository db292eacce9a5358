import type { Action } from '../wire/error-codes.ts'
import { type BackoffOptions, backoffMs, healthyMs } from './backoff.ts'

/** What a client knows of tokens that were refused; shared by all connections of one class (PROTOCOL 6.6). */
export type TokenMemory = readonly [
  /** Never presented again (P6). The last 32: a client that is refused more often than that has long stopped. */
  refused: readonly string[],
  /** The last refused token, from its refusal to the next `auth_ok`: a second refusal in between is final. */
  last?: string | undefined,
  /** There were two. */
  isFinal?: boolean | undefined,
]

export const freshMemory: TokenMemory = [[]]

/** The memory after `auth_ok`. */
export function acceptToken([refused]: TokenMemory): TokenMemory {
  return [refused]
}

/**
 * What a client does after an end, or a refresh, that asks for `action`, and what it remembers from then on. A second new token
 * that is refused in a row is final. None is one that was presented before another connection learned that it is refused, nor
 * one that was `accepted` before and is over now. A method without a token of its own passes ''.
 */
export function actionAfter(
  memory: TokenMemory,
  action: Action,
  token: string,
  accepted?: boolean,
): [Action, TokenMemory] {
  if (action !== 'refresh') return [action, memory]
  const [refused, last, wasFinal] = memory
  const isKnown = refused.includes(token)
  const isOld = isKnown || accepted
  const isFinal = wasFinal || (!isOld && last !== undefined)
  return [
    isFinal ? 'stop' : action,
    [isKnown || !token ? refused : [...refused, token].slice(-32), isOld ? (last ?? token) : token, isFinal],
  ]
}

/**
 * The number of the next attempt, and in how many milliseconds it begins. The number falls back to 0 only after 5 s of healthy life.
 *
 * @param attempt how many attempts have failed since the last healthy connection
 * @param openMs how long the connection that ended was open
 */
export function nextAttempt(
  attempt: number,
  openMs: number,
  random: number,
  options: Partial<BackoffOptions>,
  retryAfterMs?: number,
): [number, number] {
  const failed = openMs < healthyMs ? attempt : 0
  return [failed + 1, backoffMs(failed, random, options, retryAfterMs)]
}
