import type { Clock, ServerPolicy } from '@wsauth/protocol'
import type { Limiter } from './limiters/limiter.ts'
import { MemoryLimiter } from './limiters/memory.ts'
import { firstMessage } from './methods/first-message.ts'
import { header } from './methods/header.ts'
import { assertMethods, type Method } from './methods/method.ts'
import { assertFinite, assertPart, assertPositive, assertSwitch, warnAboutUnknown } from './option-checks.ts'
import { originPolicy } from './origin.ts'
import type { ConnectionStore } from './stores/connection-store.ts'
import { MemoryRevocations } from './stores/memory-revocations.ts'
import type { RevocationStore } from './stores/revocation-store.ts'
import { systemClock } from './system-clock.ts'
import { trustedProxies } from './trusted-proxies.ts'
import type { TrustedProxies, UpgradeRequest } from './upgrade-request.ts'
import type { Verifier } from './verifiers/verifier.ts'

/** What strangers and slow readers may take (DESIGN 7). Each is an option of `auth.limits`. */
export interface Limits {
  /** Bytes that a connection may send before it is authenticated, WebSocket framing included. Default 16 KiB. */
  readonly preAuthBytes: number
  /** Messages before authentication, the credential included. Default 16. */
  readonly preAuthMessages: number
  /** Frames of fragmented messages before authentication. Default 16. */
  readonly preAuthFragments: number
  /** Longest credential, in bytes. Default 8 KiB. */
  readonly tokenBytes: number
  /** Unauthenticated sockets at a time; the oldest is closed for a new one. Default 10,000. */
  readonly pending: number
  /** The same for one address. Default 1,000. */
  readonly pendingPerAddress: number
  /** Refused credentials a minute, per address and claimed subject. Default 10. */
  readonly failuresPerSubject: number
  /** Refused credentials a minute, per address. Default 100. */
  readonly failuresPerAddress: number
  /** Live connections of one user; one more is refused with `slow_down`. Default unlimited. */
  readonly connectionsPerUser: number
  /** Bytes that may wait for a slow reader before it is closed. Default 1 MiB. */
  readonly bufferedAmount: number
  /** How long a closing handshake may take before the connection is dropped. Default 2,000. */
  readonly closeTimeoutMs: number
}

/** The `auth` option of a server. */
export interface AuthOptions {
  /** Turns a credential into a principal: `jwtVerifier({ … })`, or a function of your own. */
  readonly verifier: Verifier
  /** The ways in. Default `[firstMessage(), header()]`. */
  readonly methods?: readonly Method[]
  /**
   * Pages that may connect, such as `['https://app.example']`; required for `cookie()`. Default: every page. A phone's
   * WebSocket (React Native) names the server itself, `https://` and its host: list that too where phones connect.
   */
  readonly origins?: readonly string[]
  /** From the upgrade request to `auth_ok`, verification included. Default 5,000. */
  readonly deadlineMs?: number
  /** How a refusal in the opening handshake is told. Default `auto`. */
  readonly reject?: 'auto' | 'http' | 'close'
  readonly limits?: Partial<Limits>
  /**
   * Addresses or CIDR ranges of proxies whose `X-Forwarded-For` is believed; `unix:` for one that comes by a Unix socket.
   * Default none.
   */
  readonly trustProxy?: readonly string[]
  /** Default 25,000. */
  readonly heartbeatMs?: number
  /** Where revocations are kept. Default: in the memory of this process. */
  readonly revocations?: RevocationStore
  /** Counts a user's connections on all nodes together, for `limits.connectionsPerUser`. Default: this server's alone. */
  readonly connections?: ConnectionStore
  /** Counts refused credentials. Default: in the memory of this process, by `limits`. */
  readonly limiter?: Limiter
  /** Lets clients in that bring no credential, with `socket.auth.userId` ''; they may sign in later. Default false. */
  readonly allowAnonymous?: boolean
  /** Each text message brings its own token (recipe R9). Default false. */
  readonly continuous?: boolean
  /** Default 6. */
  readonly refreshesPerMinute?: number
  /** How often a live session is looked at again, where the verifier offers it. Default 60,000. */
  readonly revalidateMs?: number
  /** Time, for tests. Default: the system's. */
  readonly clock?: Clock
}

/** The options, resolved once and shared by all connections of a server. */
export interface ResolvedOptions {
  readonly verifier: Verifier
  readonly methods: readonly Method[]
  /** The method of a credential in a message. */
  readonly messageMethod: Method
  readonly isOriginAllowed: (request: UpgradeRequest) => boolean
  readonly trust: TrustedProxies
  /** Whether anything was said about proxies. */
  readonly isTrustSet: boolean
  readonly policy: ServerPolicy
  readonly limits: Limits
  readonly tokenBytes: number
  readonly revocations: RevocationStore
  readonly connections: ConnectionStore | undefined
  readonly limiter: Limiter
  readonly continuous: boolean
  readonly clock: Clock
  readonly now: () => number
}

const defaultLimits: Limits = {
  preAuthBytes: 16 * 1024,
  preAuthMessages: 16,
  preAuthFragments: 16,
  tokenBytes: 8 * 1024,
  pending: 10_000,
  pendingPerAddress: 1_000,
  failuresPerSubject: 10,
  failuresPerAddress: 100,
  connectionsPerUser: Number.POSITIVE_INFINITY,
  bufferedAmount: 1024 * 1024,
  closeTimeoutMs: 2_000,
}

const names: Readonly<Record<keyof AuthOptions, true>> = {
  verifier: true,
  methods: true,
  origins: true,
  deadlineMs: true,
  reject: true,
  limits: true,
  trustProxy: true,
  heartbeatMs: true,
  revocations: true,
  connections: true,
  limiter: true,
  allowAnonymous: true,
  continuous: true,
  refreshesPerMinute: true,
  revalidateMs: true,
  clock: true,
}

/** A limiter of its own has limits of its own, which are perhaps wider. */
function warnAboutUncounted(limits: object): void {
  const uncounted = Object.keys(limits).filter((name) => name.startsWith('failuresPer'))
  if (uncounted.length === 0) return
  const text = `auth.limits: ${uncounted.join(', ')}: nothing counts by it beside auth.limiter; give it to that`
  process.emitWarning(text, 'WsauthWarning')
}

/** The options with their defaults. Throws a `TypeError` that says what to write instead. */
export function resolveOptions(auth: AuthOptions): ResolvedOptions {
  if (typeof auth !== 'object' || auth === null) {
    throw new TypeError(
      'auth is missing: write new AuthWebSocketServer({ port, auth: { verifier: jwtVerifier({ … }) } })',
    )
  }
  const { verifier, clock = systemClock, reject = 'auto' } = auth
  const methods = auth.methods ?? [firstMessage(), header()]
  assertMethods(methods)
  if (typeof verifier !== 'function') {
    throw new TypeError(
      'auth.verifier is missing: give jwtVerifier({ … }) or a function (token, context) => ({ userId }) that throws AuthError',
    )
  }
  warnAboutUnknown('auth', auth, Object.keys(names))
  assertPart(
    'auth.revocations',
    auth.revocations,
    ['add', 'isRevoked', 'subscribe'],
    'new MemoryRevocations()',
  )
  assertPart('auth.limiter', auth.limiter, ['waitMs', 'failed', 'succeeded'], 'new MemoryLimiter()')
  assertPart('auth.connections', auth.connections, ['enter', 'leave'], 'a RedisFleet of @wsauth/redis')
  const allowAnonymous = assertSwitch('auth.allowAnonymous', auth.allowAnonymous)
  const hasCookie = methods.some(({ name }) => name === 'cookie')
  if (hasCookie && allowAnonymous) {
    // A cookie comes by itself: whoever's has ended would be let in as nobody, and nobody would notice.
    throw new TypeError('auth.allowAnonymous cannot stand beside cookie(): leave one of the two out')
  }
  if (hasCookie && methods.some(({ selects }) => selects)) {
    // What any page can offer and has echoed does not stand where the browser adds somebody's cookie (SECURITY 32).
    throw new TypeError('subprotocol(): allowBare cannot stand beside cookie(): leave one of the two out')
  }
  if (!['auto', 'http', 'close'].includes(reject)) {
    throw new TypeError(`auth.reject is ${JSON.stringify(reject)}: write 'auto', 'http' or 'close'`)
  }
  const limits = { ...defaultLimits, ...defined(auth.limits ?? {}) }
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaultLimits, name)) {
      throw new TypeError(`auth.limits.${name} is not a limit: use ${Object.keys(defaultLimits).join(', ')}`)
    }
    if (name === 'closeTimeoutMs') assertFinite(`auth.limits.${name}`, value)
    else assertPositive(`auth.limits.${name}`, value)
  }
  if (auth.limiter) warnAboutUncounted(defined(auth.limits ?? {}))
  const { failuresPerAddress, failuresPerSubject } = limits
  const messageMethod = methods.find(({ name }) => name === 'firstMessage')
  return {
    verifier,
    methods,
    messageMethod: messageMethod ?? firstMessage(),
    isOriginAllowed: originPolicy(auth.origins, hasCookie),
    trust: trustedProxies(auth.trustProxy),
    isTrustSet: auth.trustProxy !== undefined,
    limits,
    tokenBytes: limits.tokenBytes,
    connections: auth.connections,
    revocations: auth.revocations ?? new MemoryRevocations({ now: () => clock.wallNow() }),
    limiter:
      auth.limiter ?? new MemoryLimiter({ failuresPerAddress, failuresPerSubject, now: () => clock.now() }),
    continuous: assertSwitch('auth.continuous', auth.continuous),
    clock,
    now: () => clock.wallNow(),
    policy: {
      deadlineMs: assertFinite('auth.deadlineMs', auth.deadlineMs ?? 5_000),
      firstMessage: messageMethod !== undefined,
      bearerText: messageMethod?.bearerText === true,
      reject,
      allowAnonymous,
      preAuthMessages: limits.preAuthMessages,
      heartbeatMs: assertPositive('auth.heartbeatMs', auth.heartbeatMs ?? 25_000),
      refreshesPerMinute: assertPositive('auth.refreshesPerMinute', auth.refreshesPerMinute ?? 6),
      revalidateMs: verifier.revalidate
        ? assertPositive('auth.revalidateMs', auth.revalidateMs ?? 60_000)
        : Number.POSITIVE_INFINITY,
    },
  }
}

/** `undefined` counts as absent, as in the rest of the options. */
function defined(limits: Partial<Limits>): Partial<Limits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}
