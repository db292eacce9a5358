import {
  AuthError,
  believedMs,
  type Grant,
  isAuthError,
  isAuthErrorName,
  type Secret,
  type Verdict,
} from '@wsauth/protocol'
import { Asked, type Reason } from './asked.ts'
import { authenticate, type Credential } from './authenticate.ts'
import { type Awaitable, after, isPending } from './awaitable.ts'
import type { Connection } from './connection.ts'
import type { DeadlineQueue, Due } from './deadline-queue.ts'
import type { ResolvedOptions } from './options.ts'
import type { Principal } from './principal.ts'
import { randomId } from './random-id.ts'
import { covers, type Revocation } from './stores/revocation-store.ts'
import { unavailable } from './verifiers/verifier.ts'

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

  /** What `verifying` comes to, or `temporarily_unavailable` once it is due; then it is called off. */
  within<T>(verifying: Promise<T>, asked: Asked): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#giveUp = (error) => {
        asked.callOff()
        reject(error)
      }
      verifying.then(resolve, reject)
    })
  }
}

const turn: Promise<void> = Promise.resolve()

/** Where a user may have only so many connections. */
interface Places {
  /** Throws where the user may not have one more; a promise where others have to be asked. */
  enter(connection: Connection, userId: string): Awaitable<void>
  /** The same, by what is known here and now. */
  assertRoom(userId: string): void
}

/**
 * Takes credentials to `authenticate` and verdicts to their connection.
 *
 * The store is asked by `authenticate`; a revocation that is heard of after it answered is looked at here, in the same
 * turn in which the verdict is given, so that none slips between the two (SECURITY 24); where nobody had to be waited for,
 * there was no such time. A first credential has the deadline of its connection; later ones have as long, so that a verifier
 * that hangs does not block the next refresh for ever.
 */
export class Verifications {
  readonly #options: ResolvedOptions
  readonly #queue: DeadlineQueue
  readonly #inFlight: Set<InFlight> = new Set()
  readonly #places: Places

  constructor(options: ResolvedOptions, queue: DeadlineQueue, places: Places) {
    this.#options = options
    this.#queue = queue
    this.#places = places
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

  /** Verifies a credential and hands the verdict over. */
  run(
    connection: Connection,
    attempt: number,
    credential: Credential,
    reason: Reason,
    live?: Principal,
  ): void {
    const asked = new Asked(connection, attempt, credential, reason, live)
    if (connection.state.name === 'upgrading') this.#verify(asked)
    // The frames that came with a message are read first: what follows a credential waits for the verdict (PROTOCOL 3.5).
    else void turn.then(() => this.#verify(asked))
  }

  /** The verdict comes in the same turn where nobody has to be waited for. */
  #verify(asked: Asked): void {
    const { connection, reason } = asked
    if (connection.isClosed) return
    let answer: Awaitable<Principal>
    try {
      answer = this.#admissible(asked)
    } catch (error) {
      this.#refuse(asked, error)
      return
    }
    if (!isPending(answer)) {
      this.#accept(asked, answer)
      return
    }
    const inFlight = this.#begin()
    if (reason === 'connect') connection.working.verification = inFlight
    this.#within(inFlight, answer, asked).then(
      (principal) => {
        this.#end(inFlight)
        if (isSeen(inFlight, principal)) this.#refuse(asked, new AuthError('invalid_token'))
        else this.#acceptLate(asked, principal)
      },
      (error: unknown) => {
        this.#end(inFlight)
        this.#refuse(asked, error)
      },
    )
  }

  /** The principal of one message's token (`auth.continuous`). Throws `AuthError`. */
  async ofMessage(connection: Connection, token: Secret): Promise<Principal> {
    const credential = { token, method: this.#options.messageMethod }
    const asked = new Asked(connection, 0, credential, 'message')
    const answer = authenticate(this.#options, credential, asked)
    if (!isPending(answer)) return answer
    const inFlight = this.#begin()
    try {
      const principal = await this.#within(inFlight, answer, asked)
      if (isSeen(inFlight, principal)) throw new AuthError('invalid_token')
      return principal
    } finally {
      this.#end(inFlight)
      asked.answered()
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

  /** The principal of a credential that may open one more connection, or go on with the one that it opened. */
  #admissible(asked: Asked): Awaitable<Principal> {
    const { connection, credential, live } = asked
    const answer = authenticate(this.#options, credential, asked, live)
    return after(answer, (principal) => {
      asked.isGood = true
      return isNew(asked)
        ? after(this.#places.enter(connection, principal.userId), () => principal)
        : principal
    })
  }

  #within(inFlight: InFlight, answer: Promise<Principal>, asked: Asked): Promise<Principal> {
    // A first credential has the deadline of its connection.
    if (asked.reason === 'connect') return answer
    this.#queue.set(inFlight, this.#options.clock.now() + this.#options.policy.deadlineMs)
    return inFlight.within(answer, asked)
  }

  /** Others whose answers came in the same turn may have taken the last place since. */
  #acceptLate(asked: Asked, principal: Principal): void {
    try {
      if (isNew(asked)) this.#places.assertRoom(principal.userId)
    } catch (error) {
      this.#refuse(asked, error)
      return
    }
    this.#accept(asked, principal)
  }

  #accept(asked: Asked, principal: Principal): void {
    const { connection, attempt, credential } = asked
    asked.answered()
    const proof: Proof = { principal, credential: this.#kept(credential) }
    connection.onVerdict(attempt, { ok: true, grant: this.#grantOf(connection, principal) }, proof)
  }

  #refuse(asked: Asked, error: unknown): void {
    const { connection, attempt, isGood } = asked
    asked.answered()
    const told = isAuthError(error) ? error : unavailable('the connection store threw', error)
    const detail = told.details.message
    connection.onVerdict(attempt, { ...refusalOf(error), isGood }, { detail })
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
      // Whole, which V8 keeps in place: a difference of large numbers is an object, and so is each sum made of it.
      expiresInMs: expiresAt === undefined ? undefined : Math.floor(expiresAt - this.#options.now()),
      leewayMs,
    }
  }
}

/** An anonymous client that signs in is one more connection of that user. */
function isNew({ connection, reason }: Asked): boolean {
  return reason === 'connect' || (reason === 'refresh' && connection.userId === '')
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
