import { createHash } from 'node:crypto'
import { AuthError, failures, isAuthError } from '@wsauth/protocol'
import { type Awaitable, after, rescued } from '../awaitable.ts'
import { isId, type Principal } from '../principal.ts'
import { unavailable } from '../verifiers/verifier.ts'

/** Who tries to authenticate, as far as that is known before anything is verified. */
export interface Attempt {
  /** `addressGroup` of the request. */
  readonly address: string
  /** Whom the credential claims to be from, unverified; asked for only where it matters. */
  subject(): string | undefined
}

/** Slows guessing down. Any member may throw; the attempt is then `temporarily_unavailable`. */
export interface Limiter {
  /** How long this client has to stay away, in milliseconds; 0 lets it try. Comes before any cryptography. */
  waitMs(attempt: Attempt): number | Promise<number>
  /** The credential was refused. Two callers at once both count. */
  failed(attempt: Attempt): void | Promise<void>
  /** The credential was good. */
  succeeded(attempt: Attempt): void | Promise<void>
}

/**
 * Verifies behind a limiter, if there is one and the address is known: `slow_down`, a quarter of a second late, before any
 * cryptography, and each verdict on a credential counts. Failures of the server are nobody's guess, so they do not. A promise
 * only where one of the three has to be waited for. A ticket is redeemed first: see {@link redeemedFirst}.
 */
export function limited<T>(
  limiter: Limiter | undefined,
  attempt: Attempt | undefined,
  verify: () => Awaitable<T>,
  { isTicket = false }: { readonly isTicket?: boolean } = {},
): Awaitable<T> {
  if (!limiter || !attempt?.address) return verify()
  return after(waitOf(limiter, attempt), (retryAfterMs) => {
    if (retryAfterMs > 0 && isTicket) return redeemedFirst(limiter, attempt, verify, retryAfterMs)
    if (retryAfterMs > 0) return slowedDown(retryAfterMs)
    return rescued(
      () => after(verify(), (value) => succeeded(limiter, attempt, value)),
      (error) => {
        if (!isGuess(error)) throw error
        return after(
          counted(() => limiter.failed(attempt)),
          () => {
            throw error
          },
        )
      },
    )
  })
}

/**
 * A ticket names nobody before it is redeemed, which takes a look-up and no cryptography. So where its address has to stay
 * away the limiter is asked once more, by the name: who authenticated from there before does not pay for neighbours. All
 * others are told the same, and their ticket is used up.
 */
async function redeemedFirst<T>(
  limiter: Limiter,
  attempt: Attempt,
  redeem: () => Awaitable<T>,
  retryAfterMs: number,
): Promise<T> {
  let value: T
  try {
    value = await redeem()
  } catch {
    return slowedDown(retryAfterMs)
  }
  const waitMs = await waitOf(limiter, attempt)
  return waitMs > 0 ? slowedDown(waitMs) : succeeded(limiter, attempt, value)
}

function waitOf(limiter: Limiter, attempt: Attempt): Awaitable<number> {
  return rescued(
    () => limiter.waitMs(attempt),
    (error) => {
      throw isAuthError(error) ? error : unavailable('the limiter threw', error)
    },
  )
}

function succeeded<T>(limiter: Limiter, attempt: Attempt, value: T): Awaitable<T> {
  return after(
    counted(() => limiter.succeeded(attempt)),
    () => value,
  )
}

/** A bad credential, also where the verifier says that it has expired or was revoked: nobody is told which (PROTOCOL 6.1). */
function isGuess(error: unknown): boolean {
  if (!isAuthError(error)) return false
  return error.error === 'invalid_token' || failures[error.error].httpStatus === undefined
}

/** So late comes the answer to who has to stay away. */
const answerAfterMs = 250

/**
 * Who guesses as fast as they are answered is answered slowly: their handshakes, verified or not, take the time of those
 * behind the same server.
 */
function slowedDown(retryAfterMs: number): Promise<never> {
  return new Promise((_, reject) => {
    const message = 'more refused credentials in a minute than failuresPerSubject or failuresPerAddress'
    setTimeout(reject, answerAfterMs, new AuthError('slow_down', { retryAfterMs, message }))
  })
}

/** A verdict stands whether or not it could be counted: a limiter that is away says so at the next `waitMs`. */
function counted(count: () => Awaitable<void>): Awaitable<void> {
  return rescued(count, () => {})
}

/**
 * Whom a credential claims to be from, for counting alone: `sub` of a JWT, or a hash of anything else, so that a token that
 * was good here before is known again. `undefined` where it makes no sense. Unverified, unless its `claims` are at hand;
 * then the token is not read again.
 */
export function claimedSubject(
  token: string,
  claims?: Readonly<Record<string, unknown>>,
): string | undefined {
  const dot = token.indexOf('.')
  const lastDot = token.indexOf('.', dot + 1)
  if (dot < 0 || lastDot < 0 || token.includes('.', lastDot + 1)) {
    return `#${createHash('sha256').update(token).digest('base64url')}`
  }
  return subjectOf(claims ?? parsed(token.slice(dot + 1, lastDot)))
}

/** Who presented a ticket, by the name that a token of theirs has. */
export function subjectOfTicket({
  userId,
  claims,
}: Pick<Principal, 'userId' | 'claims'>): string | undefined {
  return subjectOf(claims) ?? subjectOf({ sub: userId })
}

function subjectOf(claims: unknown): string | undefined {
  if (typeof claims !== 'object' || claims === null || !('sub' in claims)) return undefined
  const { sub } = claims
  if (!isId(sub)) return undefined
  // The very text of the claims, which is kept for those who come back; another only where it could be taken for a hash.
  return /^[#@]/.test(sub) ? `@${sub}` : sub
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString())
  } catch {
    return undefined
  }
}
