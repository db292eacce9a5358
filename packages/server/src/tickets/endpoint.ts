import { AuthError, type AuthErrorName, failures, isAuthError, type Secret } from '@wsauth/protocol'
import { bearerOf, challengeOf, cookieOf, type FieldCredential, isCookieName } from '../http-fields.ts'
import { claimedSubject, type Limiter, limited } from '../limiters/limiter.ts'
import type { MethodName } from '../methods/method.ts'
import { warnAboutUnknown } from '../option-checks.ts'
import { originSet } from '../origin.ts'
import type { RevocationStore } from '../stores/revocation-store.ts'
import type { TicketStore } from '../stores/ticket-store.ts'
import { unavailable, type Verifier, verifyToken } from '../verifiers/verifier.ts'
import { pathOfBody } from './body.ts'
import { assertTicketTtl, issueTicket } from './issue.ts'

export interface EndpointOptions {
  /** As that of the server: the same token gets the same verdict. */
  readonly verifier: Verifier
  /** The store that `ticket({ store })` redeems from. */
  readonly store: TicketStore
  /** The pages that may ask for tickets: exact `Origin`s; they are answered with CORS headers. */
  readonly origins: readonly string[]
  /** How long a ticket can be redeemed, 10,000 to 60,000. Default 30,000. */
  readonly ttlMs?: number
  /** The session cookie that counts as a credential, beside a bearer token. Default `{ name: 'session' }`; `false`: none. */
  readonly cookie?: { readonly name?: string } | false
  /** That of the server: a revoked token gets no ticket. */
  readonly revocations?: RevocationStore
  /** That of the server. Counts by `info.address`, so it does nothing where no address is handed in. */
  readonly limiter?: Limiter
  /** Longest token in bytes. Default 8 KiB. */
  readonly tokenBytes?: number
  /** Milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number
}

const names: Readonly<Record<keyof EndpointOptions, true>> = {
  verifier: true,
  store: true,
  origins: true,
  ttlMs: true,
  cookie: true,
  revocations: true,
  limiter: true,
  tokenBytes: true,
  now: true,
}

/** Answers one request. `info.address` is the client's, where the framework knows it. */
export type TicketEndpoint = (request: Request, info?: { readonly address?: string }) => Promise<Response>

/** Somebody who asked and was refused; nothing of it is a secret. */
export interface RefusedAsk {
  readonly error: AuthErrorName
  readonly address: string
  readonly origin: string | undefined
  /** Why, for the operator. */
  readonly detail: string | undefined
}

const customHeaders = ['authorization', 'x-requested-with']
const whose = 'ticketEndpoint()'
const nobody: AbortSignal = new AbortController().signal

/** An endpoint that hands out tickets of one store; `ticketEndpoint` says what it does. `tell` hears of the refused. */
export function endpointOf(
  options: EndpointOptions,
  tell: (refused: RefusedAsk) => void = () => {},
): TicketEndpoint {
  assertOptions(options)
  const { origins, ttlMs = 30_000, tokenBytes = 8_192 } = options
  const cookieName = cookieNameOf(options)
  const allowed = originSet(origins, cookieName !== undefined)

  return async (request, info = {}) => {
    const origin = request.headers.get('origin') ?? undefined
    const brings = (name: string) => request.headers.has(name)
    const { address = '' } = info
    // Two `Origin` fields arrive joined by a comma, which no listed one holds.
    if (origin === undefined ? brings('cookie') && !brings('authorization') : !allowed.has(origin)) {
      tell({ error: 'access_denied', address, origin, detail: 'not an Origin of its `origins`' })
      return refusal('access_denied', undefined)
    }
    if (request.method === 'OPTIONS' && origin !== undefined) return preflight(origin)
    if (request.method !== 'POST')
      return refusal('invalid_request', origin, { status: 405, allow: 'POST, OPTIONS' })
    const isJson = /^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')
    if (!isJson && (brings('content-type') || !customHeaders.some(brings))) {
      return refusal('invalid_request', origin, { status: 415 })
    }
    try {
      const credential = credentialOf(request, cookieName, tokenBytes)
      if (!credential) {
        tell({ error: 'invalid_token', address, origin, detail: 'no credential came' })
        return refusal('invalid_token', origin, { hadCredential: false })
      }
      const { token, method } = credential
      const path = await pathOfBody(request)
      const attempt = { address, subject: () => claimedSubject(token.reveal()) }
      const context = { method, signal: request.signal ?? nobody, reason: 'ticket' } as const
      const principal = await limited(options.limiter, attempt, () =>
        verifyToken({ ...options, tokenBytes }, token, () => context),
      )
      const issued = await issueTicket({ ...options, principal, origin, path, ttlMs })
      return answer(200, issued, origin)
    } catch (error) {
      const told = isAuthError(error) ? error : unavailable('a part of the ticket endpoint threw', error)
      tell({ error: told.error, address, origin, detail: told.details.message })
      return refusal(told.error, origin, told.details)
    }
  }
}

function credentialOf(
  request: Request,
  cookieName: string | undefined,
  tokenBytes: number,
): { readonly token: Secret; readonly method: MethodName } | undefined {
  const fields = (name: string) => (request.headers.has(name) ? [request.headers.get(name) ?? ''] : [])
  const bearer = found(bearerOf(fields('authorization')))
  const session =
    cookieName === undefined ? undefined : found(cookieOf(fields('cookie'), cookieName, tokenBytes))
  if (bearer) return { token: bearer, method: 'header' }
  if (session) return { token: session, method: 'cookie' }
  return undefined
}

function found(field: FieldCredential): Secret | undefined {
  if (field && 'error' in field) throw new AuthError(field.error)
  return field?.token
}

function preflight(origin: string): Response {
  const headers = {
    ...commonHeaders(origin),
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'authorization, content-type, x-requested-with',
    'access-control-max-age': '600',
  }
  return new Response(null, { status: 204, headers })
}

interface RefusalExtras {
  readonly status?: number
  readonly allow?: string
  readonly retryAfterMs?: number
  readonly hadCredential?: boolean
}

function refusal(thrown: AuthErrorName, origin: string | undefined, extras: RefusalExtras = {}): Response {
  // A verifier may say that the token has expired, which is for live connections: to others it looks like any bad one.
  const error = failures[thrown].httpStatus === undefined ? 'invalid_token' : thrown
  const { httpStatus = 401, action } = failures[error]
  const { status = httpStatus, allow, retryAfterMs, hadCredential = true } = extras
  const challenge = status === httpStatus ? challengeOf(error, hadCredential) : undefined
  const after = retryAfterMs === undefined ? {} : { retryAfterMs }
  return answer(status, { error, action, ...after }, origin, {
    ...(allow === undefined ? {} : { allow }),
    ...(retryAfterMs === undefined
      ? {}
      : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
    ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
  })
}

function answer(status: number, body: unknown, origin?: string, more: Record<string, string> = {}): Response {
  const headers = { 'content-type': 'application/json', ...commonHeaders(origin), ...more }
  return new Response(JSON.stringify(body), { status, headers })
}

/** A page that may ask may also read the answer, a refusal included. */
function commonHeaders(origin: string | undefined): Record<string, string> {
  return {
    'cache-control': 'no-store',
    vary: 'Origin',
    ...(origin === undefined
      ? {}
      : {
          'access-control-allow-origin': origin,
          'access-control-allow-credentials': 'true',
          'access-control-expose-headers': 'Retry-After, WWW-Authenticate',
        }),
  }
}

function cookieNameOf({ cookie = {} }: EndpointOptions): string | undefined {
  if (cookie === false) return undefined
  const { name = 'session' } = Object(cookie) as { readonly name?: unknown }
  if (typeof cookie === 'object' && isCookieName(name)) {
    warnAboutUnknown(`${whose}: cookie`, cookie, ['name'])
    return name
  }
  throw new TypeError(`${whose}: \`cookie\` is { name: 'session' }, or false for none`)
}

function assertOptions(options: EndpointOptions): void {
  const { verifier, store, origins, ttlMs = 30_000 } = options
  if (typeof verifier !== 'function') {
    throw new TypeError(
      `${whose}: \`verifier\` is missing; pass that of the server, such as jwtVerifier({ … })`,
    )
  }
  if (typeof store?.put !== 'function') {
    throw new TypeError(
      `${whose}: \`store\` is missing; pass the one that ticket({ store }) has, such as new MemoryTicketStore()`,
    )
  }
  if (!Array.isArray(origins)) {
    throw new TypeError(
      `${whose}: \`origins\` is missing; list the pages that may ask, such as ['https://app.example']`,
    )
  }
  assertTicketTtl(whose, ttlMs)
  warnAboutUnknown(whose, options, Object.keys(names))
}
