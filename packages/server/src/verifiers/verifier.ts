import { AuthError, isAuthError, isAuthErrorName, type Secret } from '@wsauth/protocol'
import { type Awaitable, after, isPending, rescued } from '../awaitable.ts'
import type { MethodName } from '../methods/method.ts'
import { checkedPrincipal, type Principal } from '../principal.ts'
import type { RevocationStore } from '../stores/revocation-store.ts'
import type { UpgradeFacts } from '../upgrade-request.ts'

/** What a verifier may know besides the credential. */
export interface VerifierContext {
  readonly method: MethodName
  /** Where the connection came from; absent where no request is at hand. */
  readonly request?: UpgradeFacts
  /** Aborted when the answer is no longer of use: past the deadline, or the connection is gone. */
  readonly signal: AbortSignal
  /** `ticket`: a ticket is asked for with this credential. */
  readonly reason: 'connect' | 'refresh' | 'revalidate' | 'message' | 'ticket'
}

/**
 * Turns a credential into a principal, or refuses it by throwing `AuthError`. Any other throw is
 * `temporarily_unavailable`, and `undefined` is `invalid_token`.
 */
export interface Verifier {
  (token: string, context: VerifierContext): Principal | Promise<Principal>
  /**
   * The same for a verifier that needs no context, with a promise only where somebody has to be waited for. The server asks
   * here where it is offered.
   */
  atOnce?(token: string): Awaitable<Principal>
  /** Looks at a live session again, as `auth.revalidateMs` asks for. Absent where a second look would say the same. */
  revalidate?(token: string, principal: Principal, context: VerifierContext): Principal | Promise<Principal>
}

/** What a credential is held against, whichever way it came. */
export interface VerifyOptions {
  readonly verifier: Verifier
  readonly revocations?: RevocationStore | undefined
  /** Longest credential in bytes of UTF-8; checked before anything is decoded. */
  readonly tokenBytes: number
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

/**
 * Verifies one credential: size, verifier, the principal's shape, its end, revocations, in this order. Throws `AuthError`
 * and nothing else, or rejects with it; a promise only where somebody has to be waited for. With `live`, the session's
 * principal, the verifier looks at it again.
 */
export function verifyToken(
  options: VerifyOptions,
  token: Secret,
  context: () => VerifierContext,
  live?: Principal,
): Awaitable<Principal> {
  const text = token.reveal()
  if (text === '') throw new AuthError('invalid_token', { message: 'the credential is empty' })
  if (Buffer.byteLength(text) > options.tokenBytes) throw tooLong()
  return after(answerOf(options.verifier, text, context, live), (answer) => accepted(answer, options))
}

const otherShape =
  'the verifier answered with something else than { userId: string of 1 to 256 characters, claims?: object, expiresAt?: milliseconds since the epoch, left out for no end }'

function accepted(answer: unknown, options: VerifyOptions): Awaitable<Principal> {
  if (!answer) throw new AuthError('invalid_token', { message: 'the verifier answered with nobody' })
  const principal = checkedPrincipal(answer)
  if (!principal) {
    throw new AuthError('temporarily_unavailable', { message: otherShape })
  }
  const looking = assertStillGood(principal, options)
  return looking ? looking.then(() => principal) : principal
}

function answerOf(
  verifier: Verifier,
  text: string,
  context: () => VerifierContext,
  live?: Principal,
): Awaitable<unknown> {
  return rescued<unknown>(
    () => {
      if (live && verifier.revalidate) return verifier.revalidate(text, live, context())
      return verifier.atOnce ? verifier.atOnce(text) : verifier(text, context())
    },
    (error) => {
      throw isAuthError(error) && isAuthErrorName(error.error)
        ? masked(error, text)
        : unavailable('the verifier threw', error)
    },
  )
}

/** What a verifier throws may quote the credential: its message is masked, and what it was caused by goes no further. */
function masked({ error, details, stack }: AuthError, text: string): AuthError {
  const { message, retryAfterMs, expiredAtMs } = details
  const pieces = [text, ...text.split('.')].filter((piece) => piece.length >= 8)
  const hidden = pieces.reduce((told, piece) => told.replaceAll(piece, '[secret]'), message ?? error)
  const copy = new AuthError(error, {
    ...(message === undefined ? {} : { message: hidden }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(expiredAtMs === undefined ? {} : { expiredAtMs }),
  })
  // Where the verifier threw it, without the line that quotes the message.
  const frames = stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []
  copy.stack = [`AuthError: ${hidden}`, ...frames].join('\n')
  return copy
}

/**
 * Throws `invalid_token` for a principal whose credential has ended or was revoked; both look the same to a peer. A promise
 * only where the revocation store has to ask somebody.
 */
export function assertStillGood(
  principal: Principal,
  { revocations, now = Date.now }: Pick<VerifyOptions, 'revocations' | 'now'>,
): void | Promise<void> {
  const { expiresAt, leewayMs = 0 } = principal
  if (expiresAt !== undefined && expiresAt + leewayMs <= now()) {
    throw new AuthError('invalid_token', { message: endedAs(expiresAt, now()), expiredAtMs: expiresAt })
  }
  let revoked: Awaitable<boolean | undefined>
  try {
    revoked = revocations?.isRevoked(principal)
  } catch (error) {
    throw revocationsFailed(error)
  }
  if (isPending(revoked)) {
    return revoked.then(assertNotRevoked, (error: unknown) => {
      throw revocationsFailed(error)
    })
  }
  assertNotRevoked(revoked)
}

/** `exp` of a JWT is in seconds (RFC 7519 §2), and is handed on as it is now and then. */
function endedAs(expiresAt: number, nowMs: number): string {
  const ended = 'the credential has ended'
  const isSoon = expiresAt > nowMs / 2_000
  return isSoon && expiresAt < nowMs / 500
    ? `${ended}: \`expiresAt\` looks like seconds; it is milliseconds since the epoch`
    : ended
}

function assertNotRevoked(revoked: boolean | undefined): void {
  if (revoked) throw new AuthError('invalid_token', { message: 'the credential was revoked' })
}

function revocationsFailed(error: unknown): AuthError {
  return isAuthError(error) ? error : unavailable('the revocation store threw', error)
}

/** `invalid_token`, before anything of it is decoded. */
export function tooLong(): AuthError {
  return new AuthError('invalid_token', { message: 'the credential is longer than auth.limits.tokenBytes' })
}

/** `temporarily_unavailable`, with the class of what was thrown and nothing of its text. */
export function unavailable(what: string, error: unknown): AuthError {
  const kind = error instanceof Error ? error.constructor.name : typeof error
  return new AuthError('temporarily_unavailable', { message: `${what}: ${kind}` })
}
