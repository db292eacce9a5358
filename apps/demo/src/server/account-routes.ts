import { type Context, Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { type AccountStatus, nameLength, passwordLength, type SignedIn } from '../shared/api.ts'
import { cookiePath } from '../shared/paths.ts'
import type { AccessTokens } from './access-tokens.ts'
import { addressOf, refuse } from './http-guards.ts'
import { LogInLimits, SignUpLimits } from './log-in-limits.ts'
import { Passwords, TooBusy } from './passwords.ts'
import { type Session, type Sessions, sessionMs } from './sessions.ts'
import { nameKey, type User, type Users } from './users.ts'

export interface AccountRoutesOptions {
  readonly users: Users
  readonly sessions: Sessions
  readonly tokens: AccessTokens
  /** Cookies for `https:` only. */
  readonly secureCookies: boolean
  /** The session is over: its sockets are to be closed. */
  readonly onSessionEnd: (sessionId: string) => void | Promise<void>
}

/** Sign-up, log-in, refresh and log-out. */
export function accountRoutes(options: AccountRoutesOptions): Hono {
  const { users, sessions, tokens, onSessionEnd } = options
  const passwords = new Passwords()
  const logIns = new LogInLimits()
  const signUps = new SignUpLimits()
  const cookie = { httpOnly: true, sameSite: 'Strict', path: '/auth', secure: options.secureCookies } as const

  async function welcome(context: Context, user: User, session: Session): Promise<Response> {
    setCookie(context, 'refresh', session.refreshToken, { ...cookie, maxAge: sessionMs / 1_000 })
    const accessToken = await tokens.issue(user, session.sessionId)
    const { id, name, admin } = user
    return context.json<SignedIn>({ accessToken, user: { id, name, admin } })
  }

  function rememberDevice(context: Context, user: User): void {
    const device = users.addDevice(user.id, Date.now())
    setCookie(context, 'device', device, { ...cookie, maxAge: 365 * 24 * 3_600 })
  }

  const app = new Hono()

  app.get('/status', (context) => {
    const refreshToken = getCookie(context, 'refresh')
    const signedIn = refreshToken !== undefined && sessions.sessionOf(refreshToken, Date.now()) !== undefined
    return context.json<AccountStatus>({ signedIn, accounts: users.any })
  })

  app.post('/sign-up', async (context) => {
    const credentials = await readCredentials(context)
    if (typeof credentials === 'string') return refuse(context, 'bad_request', credentials)
    const waitMs = await signUps.count(addressOf(context))
    if (waitMs !== undefined) return refuse(context, 'slow_down', 'Too many new accounts from here.', waitMs)
    if (users.byName(credentials.name)) return refuse(context, 'name_taken', 'That name is taken.')
    const user = users.add(credentials.name, await passwords.hash(credentials.password), Date.now())
    if (user === undefined) return refuse(context, 'name_taken', 'That name is taken.')
    rememberDevice(context, user)
    return welcome(context, user, sessions.open(user.id, Date.now()))
  })

  app.post('/log-in', async (context) => {
    const credentials = await readCredentials(context)
    if (typeof credentials === 'string') return refuse(context, 'bad_request', credentials)
    const user = users.byName(credentials.name)
    const device = getCookie(context, 'device')
    const known = user !== undefined && device !== undefined && users.knowsDevice(user.id, device)
    const attempt = {
      account: nameKey(credentials.name),
      address: addressOf(context),
      device: known ? device : undefined,
    }
    const waitMs = await logIns.count(attempt)
    if (waitMs !== undefined)
      return refuse(context, 'slow_down', 'Too many attempts. Try again later.', waitMs)
    const right = await passwords.matches(credentials.password, user?.password)
    if (user === undefined || !right) {
      return refuse(context, 'wrong_name_or_password', 'Name or password is wrong.')
    }
    await logIns.forgive(attempt)
    if (!known) rememberDevice(context, user)
    return welcome(context, user, sessions.open(user.id, Date.now()))
  })

  app.post('/refresh', async (context) => {
    const rotation = sessions.rotate(getCookie(context, 'refresh') ?? '', Date.now())
    const user = rotation.ok ? users.byId(rotation.session.userId) : undefined
    if (rotation.ok && user !== undefined) return welcome(context, user, rotation.session)
    if (!rotation.ok && rotation.reusedSessionId !== undefined) await onSessionEnd(rotation.reusedSessionId)
    deleteCookie(context, 'refresh', cookie)
    return refuse(context, 'signed_out', 'The session has ended. Sign in again.')
  })

  app.post('/log-out', async (context) => {
    const sessionId = sessions.sessionOf(getCookie(context, 'refresh') ?? '', Date.now())
    if (sessionId !== undefined) {
      sessions.revoke(sessionId, Date.now())
      await onSessionEnd(sessionId)
    }
    deleteCookie(context, 'refresh', cookie)
    deleteCookie(context, 'session', { ...cookie, path: cookiePath })
    return context.body(null, 204)
  })

  // For the cookie method: the access token in a cookie that travels with the upgrade request and with nothing else.
  app.post('/socket-cookie', async (context) => {
    const sessionId = sessions.sessionOf(getCookie(context, 'refresh') ?? '', Date.now())
    const user = users.byId(sessions.userOf(sessionId ?? '') ?? '')
    if (sessionId === undefined || user === undefined) return refuse(context, 'signed_out', 'Sign in first.')
    const { value, maxAge } = await tokens.issueForCookie(user, sessionId)
    setCookie(context, 'session', value, { ...cookie, path: cookiePath, maxAge })
    return context.body(null, 204)
  })

  app.onError((error, context) => {
    if (error instanceof TooBusy) return refuse(context, 'busy', 'Many people sign in right now.', 2_000)
    throw error
  })

  return app
}

/** The credentials, or what is wrong with them. */
async function readCredentials(context: Context): Promise<{ name: string; password: string } | string> {
  const body: unknown = await context.req.json().catch(() => undefined)
  if (typeof body !== 'object' || body === null || !('name' in body) || !('password' in body))
    return 'Send name and password.'
  const { name, password } = body
  if (typeof name !== 'string' || typeof password !== 'string') return 'Send name and password.'
  if (
    !/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(name) ||
    name.length < nameLength.least ||
    name.length > nameLength.most
  ) {
    return `A name has ${nameLength.least} to ${nameLength.most} letters, digits, dots or dashes.`
  }
  if (password.length < passwordLength.least || password.length > passwordLength.most) {
    return `A password has ${passwordLength.least} to ${passwordLength.most} characters.`
  }
  return { name, password }
}
