import { cookieName, cookieOf, isCookieName } from '../http-fields.ts'
import { assertOptions } from '../option-checks.ts'
import type { Method } from './method.ts'

/** What `cookie()` takes. */
export interface CookieOptions {
  /** Default `session`. */
  readonly name?: string
}

const names: Readonly<Record<keyof CookieOptions, true>> = { name: true }

/**
 * The credential is a cookie of the upgrade request, percent-decoded once.
 *
 * A browser adds it for whatever page connects, a sibling subdomain's included and whatever `SameSite` says, so this method
 * needs `auth.origins`; without the list the server does not start. An explicit credential wins over it. Twice in one
 * request, or not decodable, it is `invalid_request`; an empty one counts as none. Does not look at cookie attributes: the
 * server never sees them. The application sees the other cookies only.
 *
 * @example methods: [cookie({ name: '__Host-session' })]
 */
export function cookie(options: CookieOptions = {}): Method {
  assertOptions('cookie()', options, names)
  const { name = 'session' } = options
  if (!isCookieName(name)) {
    throw new TypeError(
      "cookie(): `name` is the name of one cookie, such as 'session', without spaces, '=' or ';'",
    )
  }
  return {
    name: 'cookie',
    ambient: true,
    find: (request, { tokenBytes }) => cookieOf(request.headers('cookie'), name, tokenBytes),
    redact: (request) =>
      request.editHeader('cookie', (value) => {
        const pairs = value.split(';')
        const kept = pairs.filter((pair) => cookieName(pair) !== name)
        return kept.length === pairs.length ? value : kept.join(';').trim() || undefined
      }),
  }
}
