import type { Method } from './method.ts'
import { offer } from './offer.ts'

/**
 * The session cookie, which the browser sends by itself. The server has to check the Origin.
 *
 * @example new AuthClient(url, { method: cookie() })
 */
export function cookie(): Method {
  return {
    check({ token }) {
      if (token) throw new TypeError('cookie() presents no token: leave it out')
    },
    dial: (destination, _credential, version) => offer(destination, version),
  }
}
