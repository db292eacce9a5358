import type { AuthErrorName, Finding } from '@wsauth/protocol'
import type { FieldCredential } from '../http-fields.ts'
import type { Principal } from '../principal.ts'
import type { TicketStore } from '../stores/ticket-store.ts'
import type { UpgradeRequest } from '../upgrade-request.ts'

/** How a credential travels (RFC 6750 §2). */
export type MethodName = 'firstMessage' | 'header' | 'cookie' | 'query' | 'subprotocol' | 'ticket'

/** A request as the application will see it, while credentials are taken out of it. */
export interface MutableRequest {
  /** Takes every parameter of that (decoded) name out of the request target. */
  removeParam(name: string): void
  /** Rewrites every value of a header; `undefined` takes the value out. */
  editHeader(name: string, edit: (value: string) => string | undefined): void
}

/**
 * One way in. A method knows where its credential stands and nothing of what it is worth. Where one throws, its request is
 * answered with 500, unseen by anybody else, and told by `hook_error`.
 */
export interface Method {
  readonly name: MethodName
  /** The credential comes by itself (a cookie), so an explicit one wins over it. */
  readonly ambient?: boolean
  /** The first message may be `Authorization: Bearer …` as text. */
  readonly bearerText?: boolean
  /** The parameter of the request target that it takes; no two methods may share one. */
  readonly param?: string
  /** Absent for a credential that does not travel in the upgrade request. */
  find?(request: UpgradeRequest, limits: { readonly tokenBytes: number }): FieldCredential
  /** Takes its credential out of the request. */
  redact?(request: MutableRequest): void
  /** A condition on what was verified, for credentials that travel this way. */
  check?(principal: Principal, nowMs: number): AuthErrorName | undefined
  /** What does not meet it, in words for the operator. */
  readonly unmet?: string
  /** The credential is a ticket of this store (`default`: that of the verifier), redeemed instead of verified. */
  readonly tickets?: TicketStore | 'default'
  /** The sub-protocol that must be selected for the credential's sake: a bare token, because browsers insist. */
  selects?(request: UpgradeRequest): string | undefined
}

/** A finding, the method that the credential came by, and why a request is refused, for the operator. */
export type MethodFinding = Finding & { readonly method?: Method; readonly detail?: string | undefined }

/** What is wrong with a field that may hold a credential. */
const faults: Readonly<Partial<Record<AuthErrorName, string>>> = {
  invalid_request: 'the credential is malformed, or there twice',
  invalid_token: 'the credential is longer than auth.limits.tokenBytes',
}

/**
 * The one credential of a request (PROTOCOL 4.2). Two explicit ones, or one that is malformed, are refused and none is
 * verified; an explicit one wins over an ambient one.
 */
export function findCredential(
  methods: readonly Method[],
  request: UpgradeRequest,
  limits: { readonly tokenBytes: number },
): MethodFinding {
  // Whoever it is for, intermediaries disagree on which one counts (RFC 9110 §5.3).
  if (request.headers('authorization').length > 1) {
    return { type: 'refused', error: 'invalid_request', detail: faults.invalid_request }
  }
  let credential: MethodFinding | undefined
  for (const method of methods) {
    const found = method.find?.(request, limits)
    if (!found) continue
    if ('error' in found) return { type: 'refused', error: found.error, method, detail: faults[found.error] }
    const ambient = method.ambient === true
    if (credential?.type === 'credential' && !credential.ambient) {
      if (ambient) continue
      return { type: 'refused', error: 'invalid_request', detail: 'more than one credential came' }
    }
    credential = { type: 'credential', token: found.token, ambient, method }
  }
  return credential ?? { type: 'none' }
}

/** Throws a `TypeError` for methods that cannot stand side by side. */
export function assertMethods(methods: readonly Method[]): void {
  if (!Array.isArray(methods) || methods.length === 0) {
    throw new TypeError('auth.methods: give at least one method, such as [firstMessage(), header()]')
  }
  for (const method of methods) assertMethod(method)
  const taken = new Set<string>()
  for (const method of methods) {
    for (const place of placesOf(method)) {
      if (taken.has(place)) {
        const remedy = place.startsWith('?') ? 'give each a `param` of its own' : 'leave one of them out'
        throw new TypeError(`auth.methods: two methods take ${place}; ${remedy}`)
      }
      taken.add(place)
    }
  }
}

/** What no two methods may share: a parameter, and the name, but for `query()`, which may stand there for several. */
function placesOf({ name, param }: Method): readonly string[] {
  if (param === undefined) return [name]
  // Tickets come from one store, whatever their parameters.
  return name === 'query' ? [`?${param}=`] : [name, `?${param}=`]
}

function assertMethod(method: unknown): void {
  if (typeof method === 'function') {
    throw new TypeError(`auth.methods: ${method.name} is a function; call it: ${method.name}()`)
  }
  if (typeof method === 'object' && method !== null && 'name' in method) return
  throw new TypeError(
    `auth.methods: ${JSON.stringify(method)} is no method of @wsauth/server; write header(), firstMessage() …`,
  )
}
