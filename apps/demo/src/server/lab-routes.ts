import type { HttpBindings } from '@hono/node-server'
import type { Principal } from '@wsauth/server'
import { type Context, Hono } from 'hono'
import { type ConnectionList, downMs, drainMs, type Ending } from '../shared/lab.ts'
import type { AccessTokens } from './access-tokens.ts'
import { refuse } from './http-guards.ts'
import type { LiveConnection, LiveConnections } from './live-connections.ts'

export interface LabRoutesOptions {
  readonly tokens: AccessTokens
  readonly live: LiveConnections
  /** Closes the listener and every socket, and opens it again after that long. */
  readonly restart: (downMs: number) => Promise<void>
  /** Sends everybody away over that long, each told when to come back. */
  readonly drain: (overMs: number) => Promise<void>
  readonly end: (sessionId: string, how: Ending) => Promise<void>
}

type LabEnv = { Bindings: HttpBindings; Variables: { principal: Principal } }

/** The buttons that break things for real. Each asks for the access token, like every API. */
export function labRoutes({ tokens, live, restart, drain, end }: LabRoutesOptions): Hono<LabEnv> {
  const app = new Hono<LabEnv>()

  app.use(async (context, next) => {
    const [, token] = /^Bearer ([\w.-]+)$/.exec(context.req.header('Authorization') ?? '') ?? []
    if (token === undefined) return refuse(context, 'signed_out', 'Sign in first.')
    try {
      const { signal } = context.req.raw
      context.set('principal', await tokens.verifier(token, { method: 'header', reason: 'connect', signal }))
    } catch {
      return refuse(context, 'signed_out', 'The access token is not valid.')
    }
    return next()
  })

  /** The administrator's reach is everybody, anybody else's ends with their own connections. */
  function within({ userId, claims }: Principal, target: LiveConnection): boolean {
    return claims?.admin === true || target.userId === userId
  }

  /** Cuts the TCP connection under one of the caller's own sockets: no Close frame, as when a cable is pulled. */
  app.post('/cut', async (context) => {
    const target = live.get(await memberOf(context, 'connection'))
    if (target?.userId !== context.get('principal').userId) {
      return refuse(context, 'not_found', 'That connection is gone already.')
    }
    target.wire.destroy()
    return context.body(null, 204)
  })

  // The answer is on its way before its connection goes.
  app.post('/restart', (context) => {
    context.env.outgoing.once('close', () => void restart(downMs))
    return context.json({ downMs }, 202)
  })

  app.post('/drain', (context) => {
    void drain(drainMs)
    return context.json({ drainMs }, 202)
  })

  app.post('/short-token', async (context) => {
    const accessToken = await tokens.issueShort(context.get('principal'))
    return context.json({ accessToken })
  })

  app.get('/connections', (context) => {
    const principal = context.get('principal')
    const connections = live
      .all()
      .filter((target) => within(principal, target))
      .map(({ connection, name, method, sinceMs, expiresAtMs }) => {
        const ends = expiresAtMs()
        return {
          connection,
          name,
          method,
          sinceMs,
          endsInMs: ends === undefined ? undefined : ends - Date.now(),
        }
      })
    return context.json<ConnectionList>({ all: principal.claims?.admin === true, connections })
  })

  app.post('/end', async (context) => {
    const how = await memberOf(context, 'how')
    const target = live.get(await memberOf(context, 'connection'))
    if (target === undefined || !within(context.get('principal'), target)) {
      return refuse(context, 'not_found', 'That connection is gone already.')
    }
    if (how !== 'renew' && how !== 'revoke') return refuse(context, 'bad_request', 'How: renew or revoke.')
    await end(target.sessionId, how)
    return context.body(null, 204)
  })

  return app
}

/** A string member of the request's JSON object, '' where there is none; Hono reads the body once. */
async function memberOf(context: Context, name: string): Promise<string> {
  const body: unknown = await context.req.json().catch(() => undefined)
  const value =
    typeof body === 'object' && body !== null ? new Map<string, unknown>(Object.entries(body)).get(name) : ''
  return typeof value === 'string' ? value : ''
}
