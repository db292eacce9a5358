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
    credential: 'upgrade',
    check: needToken,
    ...(bare ? { version: 0 } : {}),
    // What is presented is masked as the token is (P5), so it has to be known as the credential.
    exchange: async (token) => (bare ? token : bearerSubprotocol(token)),
    dial: (destination, credential, version) =>
      bare
        ? { ...destination, protocols: [credential] }
        : offer({ ...destination, protocols: [...destination.protocols, credential] }, version),
  }
}
