import { assertOptions, assertSwitch } from '../option-checks.ts'
import type { Method } from './method.ts'

/** What `firstMessage()` takes. */
export interface FirstMessageOptions {
  /** Also take the text `Authorization: Bearer …`, the older recipe, as the first message. Default true. */
  readonly bearerText?: boolean
}

const names: Readonly<Record<keyof FirstMessageOptions, true>> = { bearerText: true }

/**
 * The credential is the first message on the open socket (PROTOCOL 3.1): works in every browser, and is in no URL, header
 * or log. Until it comes the server holds an unauthenticated socket, bounded by `deadlineMs` and the pre-auth limits.
 *
 * Does not look at the upgrade request, and needs no Origin list: no page can send another page's token.
 *
 * @example methods: [firstMessage({ bearerText: false })]
 */
export function firstMessage(options: FirstMessageOptions = {}): Method {
  assertOptions('firstMessage()', options, names)
  const { bearerText = true } = options
  return { name: 'firstMessage', bearerText: assertSwitch('firstMessage().bearerText', bearerText) }
}
