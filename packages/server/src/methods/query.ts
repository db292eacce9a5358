import { assertParam, paramOf } from '../http-fields.ts'
import { assertOptions } from '../option-checks.ts'
import type { Method } from './method.ts'

/** What `query()` takes. */
export interface QueryOptions {
  /** The parameter that carries the token. Default `token`. */
  readonly param?: string
  /** A token with more life left than this is refused: URLs end up in logs. Default 60,000; `Infinity` takes any. */
  readonly maxRemainingLifeMs?: number
}

const names: Readonly<Record<keyof QueryOptions, true>> = { param: true, maxRemainingLifeMs: true }

/**
 * The credential is a parameter of the URL, percent-decoded once (RFC 6750 §2.3 advises against it: proxies and browsers
 * write URLs down). So it is never a default, and a token that has no end, or lives longer than `maxRemainingLifeMs`, is
 * `invalid_token`: prefer {@link ticket}. The parameter twice is `invalid_request`. The application does not see it;
 * access logs of proxies in front do.
 *
 * @example methods: [query({ param: 'authorization', maxRemainingLifeMs: 30_000 })]
 */
export function query(options: QueryOptions = {}): Method {
  assertOptions('query()', options, names)
  const { param = 'token', maxRemainingLifeMs = 60_000 } = options
  assertParam('query()', param)
  if (typeof maxRemainingLifeMs !== 'number' || !(maxRemainingLifeMs > 0)) {
    throw new TypeError('query(): `maxRemainingLifeMs` is a number of milliseconds above 0, such as 60_000')
  }
  return {
    name: 'query',
    param,
    unmet: 'the token lives longer than maxRemainingLifeMs of query() allows',
    find: (request, { tokenBytes }) => paramOf(request.query, param, tokenBytes),
    redact: (request) => request.removeParam(param),
    check: ({ expiresAt = Number.POSITIVE_INFINITY }, nowMs) =>
      expiresAt - nowMs > maxRemainingLifeMs ? 'invalid_token' : undefined,
  }
}
