import { between, FakeClock, pick } from '@wsauth/protocol/testing'
import {
  type AuthOptions,
  AuthWebSocketServer,
  cookie,
  firstMessage,
  header,
  MemoryTicketStore,
  type Method,
  query,
  subprotocol,
  ticket,
} from '@wsauth/server'
import { SlowRevocations } from './slow-revocations.ts'
import { type Token, Tokens } from './tokens.ts'
import { Watch } from './watch.ts'

export const origin = 'https://app.example'
export const never: number = Number.POSITIVE_INFINITY

/** One server with features at random, and all that the acts of one schedule share. */
export interface Scene {
  readonly clock: FakeClock
  readonly random: () => number
  /** Counts what a run of many schedules has come by. */
  readonly count: (what: string) => void
  /** Writes down what is done. */
  readonly tell: (what: string) => void
  readonly story: readonly string[]
  readonly tokens: Tokens
  readonly store: MemoryTicketStore
  readonly methods: readonly Method[]
  readonly anonymous: boolean
  /** The listeners of its application fail now and then. */
  readonly breaks: boolean
  /** Its store of revocations takes its time. */
  readonly isSlow: boolean
  readonly wss: AuthWebSocketServer
  readonly watch: Watch
  /** Those that were issued. */
  readonly tickets: { readonly ticket: string; readonly token: Token }[]
  /** What has to come to its end. */
  readonly waiting: Promise<unknown>[]
  isClosed: boolean
}

/** Draws the server's features. */
export function drawScene(random: () => number, count: (what: string) => void): Scene {
  const clock = new FakeClock()
  const tokens = new Tokens(clock, random)
  const store = new MemoryTicketStore({ now: () => clock.wallNow() })
  const methods = drawMethods(random, store)
  const hasCookie = methods.some(({ name }) => name === 'cookie')
  const anonymous = !hasCookie && random() < 0.2
  const breaks = random() < 0.25
  const mostPerUser = random() < 0.25 ? between(random, 1, 2) : never
  const continuous = random() < 0.2
  const { verifier } = tokens
  const auth: AuthOptions = {
    clock,
    verifier: random() < 0.3 ? Object.assign(verifier.bind(undefined), { revalidate: verifier }) : verifier,
    methods,
    ...(hasCookie ? { origins: [origin] } : {}),
    reject: pick(random, ['auto', 'auto', 'http', 'close']),
    allowAnonymous: anonymous,
    continuous,
    heartbeatMs: pick(random, [1_500, 25_000]),
    revalidateMs: pick(random, [2_000, 60_000]),
    trustProxy: [],
    limits: { failuresPerAddress: 1e9, failuresPerSubject: 1e9, connectionsPerUser: mostPerUser },
  }
  const own = random() < 0.3 ? { revocations: new SlowRevocations(clock, random) } : {}
  const isSlow = 'revocations' in own
  const wss = new AuthWebSocketServer({ noServer: true, auth: { ...auth, ...own } })
  // Before the listeners of an application, which may throw.
  const watch = new Watch(wss, clock, tokens)
  watch.mostPerUser = mostPerUser
  watch.continuous = continuous
  const story: string[] = []
  const tell = (what: string): void => void story.push(`${clock.now()} ${what}`)
  const names = methods.map(({ name }) => name).join(' ')
  tell(
    `${names}${continuous ? ', continuous' : ''}${anonymous ? ', anonymous' : ''}, reject ${auth.reject}, ${mostPerUser} a user`,
  )
  const drawn = { clock, random, count, tell, story, tokens, store, methods, anonymous, breaks, isSlow }
  return { ...drawn, wss, watch, tickets: [], waiting: [], isClosed: false }
}

function drawMethods(random: () => number, store: MemoryTicketStore): readonly Method[] {
  const all = [
    firstMessage(),
    header(),
    ticket({ store }),
    cookie(),
    query({ param: 'token', maxRemainingLifeMs: 1e9 }),
    subprotocol(),
  ]
  const some = all.filter(({ name }) => random() < (name === 'firstMessage' ? 0.8 : 0.5))
  return some.length > 0 ? some : [firstMessage()]
}

/** Whether nothing speaks against letting a connection with this token in at once. */
export function isIn({ clock, tokens, watch, isSlow, breaks }: Scene, token: Token): boolean {
  if (isSlow || watch.isShut || breaks || watch.mostPerUser < never) return false
  if (token.mood !== 'now' || !token.isGood) return false
  return token.endsAtMs - 500 > clock.now() && !tokens.isRevoked(token)
}
