import {
  AuthError,
  believedMs,
  type Grant,
  isAuthError,
  isAuthErrorName,
  type Secret,
  type Verdict,
} from '@wsauth/protocol'
import { authenticate, type Credential } from './authenticate.ts'
import type { Connection } from './connection.ts'
import type { DeadlineQueue, Due } from './deadline-queue.ts'
import type { ResolvedOptions } from './options.ts'
import type { Principal } from './principal.ts'
import { randomId } from './random-id.ts'
import { covers, type Revocation } from './stores/revocation-store.ts'

type Reason = 'connect' | 'refresh' | 'revalidate'

/** What stands behind a verdict. */
export interface Proof {
  readonly principal?: Principal
  /** Kept where the session will be looked at again with it. */
  readonly credential?: Credential | undefined
  /** Why it was refused, for the operator. */
  readonly detail?: string | undefined
}

/** A verification without a verdict yet, and the revocations that were heard of meanwhile. */
export class InFlight implements Due {
  dueAtMs = 0
  place = -1
  seen: Revocation[] | undefined = undefined
  #giveUp: ((error: AuthError) => void) | undefined = undefined

  onDue(): void {
    this.#giveUp?.(new AuthError('temporarily_unavailable', { message: 'no verdict in time' }))
  }

  /** What `verifying` comes to, or `temporarily_unavailable` once it is due. */
  within<T>(verifying: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject
      verifying.then(resolve, reject)
    })
  }
}

/** Throws where the principal may not have one more connection; a promise where others have to be asked. */
type Enter = (connection: Connection, principal: Principal) => void | Promise<void>

/**
 * Takes credentials to `authenticate` and verdicts to their connection.
 *
 * The store is asked by `authenticate`; a revocation that is heard of after it answered is looked at here, in the same
 * turn in which the verdict is given, so that none slips between the two (SECURITY 24). A first credential has the deadline
 * of its connection; later ones have as long, so that a verifier that hangs does not block the next refresh for ever.
 */
export class Verifications {
  readonly #options: ResolvedOptions
  readonly #queue: DeadlineQueue
  readonly #inFlight: Set<InFlight> = new Set()
  readonly #enter: Enter

  constructor(options: ResolvedOptions, queue: DeadlineQueue, enter: Enter) {
    this.#options = options
    this.#queue = queue
    this.#enter = enter
  }

  get size(): number {
    return this.#inFlight.size
  }

  /** Every verification that has no verdict yet is held against it. */
  heard(revocation: Revocation): void {
    for (const one of this.#inFlight) {
      one.seen ??= []
      one.seen.push(revocation)
    }
  }

  /** Verifies a credential and hands the verdict over. Never rejects. */
  async run(
    connection: Connection,
    attempt: number,
    credential: Credential,
    reason: Reason,
    live?: Principal,
  ): Promise<void> {
    const inFlight = this.#begin()
    if (reason === 'connect') connection.working.verification = inFlight
    let verdict: Verdict
    let proof: Proof
    let isGood = false
    try {
      const principal = await this.#authenticate(inFlight, connection, credential, reason, live)
      isGood = true
      // An anonymous client that signs in is one more connection of that user.
      const isNew = reason === 'connect' || (reason === 'refresh' && connection.userId === '')
      const entering = isNew ? this.#enter(connection, principal) : undefined
      if (entering) await entering
      if (isSeen(inFlight, principal)) throw new AuthError('invalid_token')
      verdict = { ok: true, grant: this.#grantOf(connection, principal) }
      proof = { principal, credential: this.#kept(credential) }
    } catch (error) {
      verdict = { ...refusalOf(error), isGood }
      proof = { detail: isAuthError(error) ? error.details.message : undefined }
    }
    this.#end(inFlight)
    connection.onVerdict(attempt, verdict, proof)
  }

  /** The principal of one message's token (`auth.continuous`). Throws `AuthError`. */
  async ofMessage(connection: Connection, token: Secret): Promise<Principal> {
    const inFlight = this.#begin()
    try {
      const credential = { token, method: this.#options.messageMethod }
      const principal = await this.#authenticate(inFlight, connection, credential, 'message')
      if (isSeen(inFlight, principal)) throw new AuthError('invalid_token')
      return principal
    } finally {
      this.#end(inFlight)
    }
  }

  /** The connection is gone, and who was asked about it may never answer. */
  forget({ work }: Connection): void {
    if (work?.verification) this.#inFlight.delete(work.verification)
  }

  #begin(): InFlight {
    const inFlight = new InFlight()
    this.#inFlight.add(inFlight)
    return inFlight
  }

  #end(inFlight: InFlight): void {
    this.#inFlight.delete(inFlight)
    this.#queue.set(inFlight, Number.POSITIVE_INFINITY)
  }

  #authenticate(
    inFlight: InFlight,
    connection: Connection,
    credential: Credential,
    reason: Reason | 'message',
    live?: Principal,
  ): Promise<Principal> {
    const context = {
      request: connection.facts,
      // Made only for a verifier that looks at it.
      get signal() {
        return connection.working.signal
      },
      reason,
    }
    const verifying = authenticate(this.#options, credential, context, live)
    if (reason === 'connect') return verifying
    this.#queue.set(inFlight, this.#options.clock.now() + this.#options.policy.deadlineMs)
    return inFlight.within(verifying)
  }

  /** A credential is kept only where the live session is looked at again with it; a ticket is used up. */
  #kept(credential: Credential): Credential | undefined {
    return this.#options.verifier.revalidate && !credential.method.tickets ? credential : undefined
  }

  #grantOf({ auth }: Connection, principal: Principal): Grant {
    const { sessionId, expiresAt, leewayMs } = principal
    return {
      // The very object, which is kept for the connection anyway.
      subject: principal,
      sessionId: sessionId ?? auth?.sessionId ?? randomId(),
      expiresInMs: expiresAt === undefined ? undefined : expiresAt - this.#options.now(),
      leewayMs,
    }
  }
}

function isSeen({ seen }: InFlight, principal: Principal): boolean {
  return seen?.some((revocation) => covers(revocation, principal)) === true
}

/** What a verifier throws is of any shape: the name is one of the table and the time is a time, or they do not count. */
function refusalOf(error: unknown): Extract<Verdict, { ok: false }> {
  if (!isAuthError(error) || !isAuthErrorName(error.error))
    return { ok: false, error: 'temporarily_unavailable' }
  const retryAfterMs = believedMs(error.details.retryAfterMs)
  return { ok: false, error: error.error, ...(retryAfterMs > 0 ? { retryAfterMs } : {}) }
}
