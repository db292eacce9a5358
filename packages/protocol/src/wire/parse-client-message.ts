import { broken, ok, type Result } from '../ports/result.ts'
import type { AuthMessage, ContinuousMessage } from './messages.ts'
import { Secret } from './secret.ts'

type Members = Readonly<Record<string, unknown>>

/** The members of a JSON object, or `undefined` for any other text. A repeated member counts as its last (RFC 8259 §4). */
function membersOf(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Members)
      : undefined
  } catch {
    return undefined
  }
}

/** A member of the object itself; never what `Object.prototype` or a planted `__proto__` would lend it. */
function own(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined
}

const bearerText = /^authorization:[ \t]*bearer +([\x21-\x7e]+)[ \t]*$/i

/**
 * PROTOCOL 3: what a text message before authentication is to a server. `undefined` is a message that is ignored; an
 * `auth` message that is not of its shape breaks 3.1.
 */
export function parseFirstMessage(
  text: string,
  options: { readonly bearerText: boolean },
): Result<AuthMessage | undefined> {
  if (options.bearerText) {
    const token = bearerText.exec(text)?.[1]
    if (token !== undefined) return ok({ type: 'auth', token: new Secret(token), version: 0 })
  }
  const members = membersOf(text)
  if (!members || own(members, 'type') !== 'auth') return ok(undefined)
  const token = own(members, 'token')
  if (typeof token !== 'string') return broken('3.1')
  const v = own(members, 'v')
  // A client of a later version gets the answer of this one: `v` names the highest that it speaks.
  const version = typeof v === 'number' && v >= 1 && Math.floor(v) === v ? 1 : 0
  return ok({ type: 'auth', token: new Secret(token), version })
}

/** PROTOCOL 5.2: control from a client. `undefined` is a type from a later version, which is ignored. */
export function parseClientControl(text: string): Result<{ readonly token: Secret } | undefined> {
  const members = membersOf(text)
  if (!members) return broken('5.2')
  const type = own(members, 'type')
  if (typeof type !== 'string') return broken('5.2')
  const token = own(members, 'token')
  switch (type) {
    case 'auth':
      return typeof token === 'string' ? ok({ token: new Secret(token) }) : broken('5.3')
    case 'auth_ok':
    case 'auth_fail':
    case 'auth_required':
    case 'ping':
    case 'going_away':
      return broken('5.2')
    default:
      return ok(undefined)
  }
}

/** PROTOCOL 7.1: a message of the application that carries its own credential. */
export function parseContinuous(text: string): Result<ContinuousMessage> {
  const members = membersOf(text)
  if (!members) return broken('7.1')
  const token = own(members, 'token')
  const data = own(members, 'data')
  if (own(members, 'type') !== 'message' || typeof token !== 'string' || typeof data !== 'string')
    return broken('7.1')
  return ok({ type: 'message', token: new Secret(token), data })
}
