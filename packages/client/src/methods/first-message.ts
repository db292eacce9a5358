import { serializeAuth, serializeBearerText } from '@wsauth/protocol'
import { type Method, needToken } from './method.ts'

/**
 * The token is the first message: it is in no URL and no header, and every WebSocket can send it (PROTOCOL 3.1).
 *
 * With `bearerText` it is sent as `Authorization: Bearer …`. That older recipe has no answer, so the connection counts as
 * open at once: a refusal shows in the close alone.
 *
 * @example new AuthClient(url, { token, method: firstMessage() })
 */
export function firstMessage({ bearerText = false }: { readonly bearerText?: boolean } = {}): Method {
  return {
    present: bearerText ? serializeBearerText : serializeAuth,
    answered: !bearerText,
    check: needToken,
  }
}
