import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import type { ApiError, ApiErrorName } from '../shared/api.ts'

const statuses = {
  bad_request: 400,
  wrong_name_or_password: 401,
  signed_out: 401,
  forbidden: 403,
  not_found: 404,
  name_taken: 409,
  slow_down: 429,
  busy: 503,
} as const satisfies Record<ApiErrorName, number>

export function refuse(
  context: Context,
  error: ApiErrorName,
  message: string,
  retryAfterMs?: number,
): Response {
  if (retryAfterMs !== undefined) context.header('Retry-After', String(Math.ceil(retryAfterMs / 1_000)))
  const body: ApiError = { error, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  return context.json(body, statuses[error])
}

/**
 * Cookies travel with requests from foreign pages too: whatever changes something must come as JSON, which a foreign
 * form cannot send, and from a page of ours.
 */
export function ownPagesOnly(origins: () => readonly string[]): MiddlewareHandler {
  return async (context, next) => {
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD') {
      const type = context.req.header('Content-Type') ?? ''
      if (!/^application\/json\s*(;|$)/i.test(type)) return refuse(context, 'bad_request', 'Send JSON.')
      if (!origins().includes(context.req.header('Origin') ?? ''))
        return refuse(context, 'forbidden', 'Use the page of this demo.')
    }
    context.header('Cache-Control', 'no-store')
    return next()
  }
}

export const smallBodies: MiddlewareHandler = bodyLimit({
  maxSize: 4 * 1_024,
  onError: (context) => refuse(context, 'bad_request', 'That is too much.'),
})

/** Nothing but our own files, and nobody may frame the page. */
export function pageHeaders(https: boolean): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      // Covers ws: and wss: of the same host and port (CSP3 §6.7.2.8).
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
    },
    referrerPolicy: 'no-referrer',
    strictTransportSecurity: https,
    xFrameOptions: 'DENY',
  })
}

/** Whom limits count: the other end of the connection, IPv6 by /64. */
export function addressOf(context: Context): string {
  const address = getConnInfo(context).remote.address ?? 'unknown'
  return address.includes(':') && !address.includes('.') ? address.split(':').slice(0, 4).join(':') : address
}
