import {
  bearerSubprotocolPrefix,
  isBearerSubprotocol,
  isOwnSubprotocol,
  Secret,
  tokenOfSubprotocol,
} from '@wsauth/protocol'
import { type FieldCredential, withoutItems } from '../http-fields.ts'
import { assertOptions, assertSwitch } from '../option-checks.ts'
import type { UpgradeRequest } from '../upgrade-request.ts'
import type { Method } from './method.ts'

/** What `subprotocol()` takes. */
export interface SubprotocolOptions {
  /** Also take the bare token as a sub-protocol, and select it, because browsers insist. Default false. */
  readonly allowBare?: boolean
}

const names: Readonly<Record<keyof SubprotocolOptions, true>> = { allowBare: true }
/** Three base64url parts: nobody calls a sub-protocol that, while names with one dot are common. */
const compactJws = /^[\w-]{8,}\.[\w-]+\.[\w-]*$/

/**
 * The credential is a sub-protocol, `wsauth.bearer.<base64url of the token>` (PROTOCOL 4.5): the one header that a browser's
 * `WebSocket` can fill. It is never selected, so never echoed, and the application does not see it. More than one, or one
 * that cannot be decoded, is `invalid_request`.
 *
 * With `allowBare` a sub-protocol that looks like a JWT, or one that is offered alone, is a token too. It is selected, so it
 * comes back in the response's headers: logs of headers hold it. Servers with sub-protocols of their own, offered by clients
 * without a token, should leave that out. It cannot stand beside `cookie()`.
 *
 * @example methods: [subprotocol()]
 */
export function subprotocol(options: SubprotocolOptions = {}): Method {
  assertOptions('subprotocol()', options, names)
  const allowBare = assertSwitch('subprotocol().allowBare', options.allowBare)
  return {
    name: 'subprotocol',
    find: (request, { tokenBytes }) => {
      const items = request.protocols.filter(isBearerSubprotocol)
      const bare = allowBare ? bareTokens(request) : []
      if (items.length + bare.length > 1) return { error: 'invalid_request' }
      if (items[0] !== undefined) return decoded(items[0], tokenBytes)
      return bare[0] === undefined ? undefined : { token: new Secret(bare[0]) }
    },
    ...(allowBare ? { selects: (request: UpgradeRequest) => bareTokens(request)[0] } : {}),
    redact: (request) => {
      request.editHeader('sec-websocket-protocol', (value) => {
        const alone = allowBare && !value.includes(',')
        return withoutItems(
          (item) => isBearerSubprotocol(item) || (allowBare && (alone || compactJws.test(item))),
        )(value)
      })
    },
  }
}

function decoded(item: string, tokenBytes: number): FieldCredential {
  // Four characters carry three bytes, so the size is known before anything is decoded.
  if (Math.floor(((item.length - bearerSubprotocolPrefix.length) * 3) / 4) > tokenBytes)
    return { error: 'invalid_token' }
  const token = tokenOfSubprotocol(item)
  return token === undefined ? { error: 'invalid_request' } : { token: new Secret(token) }
}

function bareTokens({ protocols }: UpgradeRequest): string[] {
  const foreign = protocols.filter((item) => !isOwnSubprotocol(item))
  return protocols.length === 1 ? foreign : foreign.filter((item) => compactJws.test(item))
}
