import { bearerSubprotocol } from '@wsauth/protocol'
import { type Method, needToken } from './method.ts'
import { offer } from './offer.ts'

/**
 * The token as a sub-protocol, `wsauth.bearer.…` (PROTOCOL 4.5): for servers behind which a first message comes too late.
 *
 * With `bare` the token alone is offered, as the older recipe has it: the server has to select it, no sub-protocol of the
 * application can be offered beside it, and there is no control after it.
 *
 * @example new AuthClient(url, { token, method: subprotocol() })
 */
export function subprotocol({ bare = false }: { readonly bare?: boolean } = {}): Method {
  return {
    check: needToken,
    ...(bare ? { version: 0 } : {}),
    dial(destination, token, version) {
      if (bare) return { ...destination, protocols: [token] }
      const credential = bearerSubprotocol(token)
      return offer({ ...destination, credential, protocols: [...destination.protocols, credential] }, version)
    },
  }
}
