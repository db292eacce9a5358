import { bearerOf } from '../http-fields.ts'
import { assertOptions } from '../option-checks.ts'
import type { Method } from './method.ts'

/**
 * The credential is `Authorization: Bearer …` of the upgrade request (RFC 6750 §2.1): for Node and React Native, since a
 * browser cannot set it. `Bearer` in any case, then exactly one token, else `invalid_request`; another scheme is left to
 * whoever it is for. The application does not see the header. There are no options: of another header nothing is read.
 *
 * @example methods: [header()]
 */
export function header(options: Readonly<Record<string, never>> = {}): Method {
  assertOptions('header()', options, {})
  return {
    name: 'header',
    find: (request) => bearerOf(request.headers('authorization')),
    redact: (request) =>
      request.editHeader('authorization', (value) => (/^bearer\b/i.test(value) ? undefined : value)),
  }
}
