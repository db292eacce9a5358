import type { Principal } from '@wsauth/server'
import { type Context, Hono } from 'hono'
import type { AccessTokens } from './access-tokens.ts'
import { refuse } from './http-guards.ts'
import type { LiveConnections } from './live-connections.ts'

export interface LabRoutesOptions {
  readonly tokens: AccessTokens
  readonly live: LiveConnections
  /** Closes the listener and every socket, and opens it again after that long. */
  readonly restart: (downMs: number) => Promise<void>
}

/** The buttons that break things for real. Each asks for the access token, as any API would. */
export function labRoutes({
  tokens,
  live,
  restart,
}: LabRoutesOptions): Hono<{ Variables: { principal: Principal } }> {
  const app = new Hono<{ Variables: { principal: Principal } }>()

  app.use(async (context, next) => {
    const [, token] = /^Bearer ([\w.-]+)$/.exec(context.req.header('Authorization') ?? '') ?? []
    if (token === undefined) return refuse(context, 'signed_out', 'Sign in first.')
    try {
      const principal = await tokens.verifier(token, {
        method: 'header',
        reason: 'connect',
        signal: context.req.raw.signal,
      })
      context.set('principal', principal)
    } catch {
      return refuse(context, 'signed_out', 'The access token is not valid.')
    }
    return next()
  })

  /** Cuts the TCP connection under one of the caller's own sockets: no Close frame, as when a cable is pulled. */
  app.post('/cut', async (context) => {
    const connection = await connectionIn(context)
    const target = connection === undefined ? undefined : live.get(connection)
    if (target === undefined || target.userId !== context.get('principal').userId) {
      return refuse(context, 'not_found', 'That connection is gone already.')
    }
    target.wire.destroy()
    return context.body(null, 204)
  })

  app.post('/restart', (context) => {
    const { outgoing } = context.env as { outgoing: NodeJS.EventEmitter }
    outgoing.once('close', () => void restart(3_000))
    return context.json({ downMs: 3_000 }, 202)
  })

  return app
}

async function connectionIn(context: Context): Promise<string | undefined> {
  const body: unknown = await context.req.json().catch(() => undefined)
  return typeof body === 'object' &&
    body !== null &&
    'connection' in body &&
    typeof body.connection === 'string'
    ? body.connection
    : undefined
}
