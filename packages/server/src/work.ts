import type { AuthErrorName } from '@wsauth/protocol'
import type { Connection } from './connection.ts'
import { ContinuousQueue } from './continuous.ts'
import type { Method } from './methods/method.ts'
import { StepUp } from './step-up.ts'
import type { InFlight, Proof } from './verification.ts'

export interface Message {
  readonly data: unknown
  readonly isBinary: boolean
}

/** Somebody to be called off when the connection is over. */
interface Watching {
  callOff(): void
}

const noProof: Proof = {}

/**
 * What a connection has under way: a credential that is being verified, what is held meanwhile, who waits for a newer one.
 * Most connections have nothing most of the time, so this is made when it is needed, and let go of.
 */
export class Work {
  /** How the request's credential came, and the one that was looked at last. */
  readonly requestMethod: Method | undefined
  method: Method | undefined = undefined
  #isJudging = false
  /** The verification of the first credential, where somebody has to be waited for. */
  verification: InFlight | undefined = undefined
  /** What stands behind the verdict that is being worked on. */
  proof: Proof = noProof
  /** The message that is being worked on, and those that wait. */
  message: Message | undefined = undefined
  held: Message[] | undefined = undefined
  continuous: ContinuousQueue | undefined = undefined
  stepUp: StepUp | undefined = undefined
  /** Messages that came before the end of a connection and were no credential. */
  ignored = 0
  /** Verifiers that want to know when nobody waits for them any more. */
  #watching: Set<Watching> | undefined = undefined

  /** `detail` says why the request was refused before anything was verified. */
  constructor(requestMethod: Method | undefined, detail?: string) {
    this.requestMethod = requestMethod
    if (detail !== undefined) this.proof = { detail }
  }

  /** A credential was presented, and there is no verdict yet. */
  get isJudging(): boolean {
    return this.#isJudging
  }

  watch(one: Watching): void {
    this.#watching ??= new Set()
    this.#watching.add(one)
  }

  unwatch(one: Watching): void {
    this.#watching?.delete(one)
    if (this.#watching?.size === 0) this.#watching = undefined
  }

  /** What is kept of messages, in bytes. */
  get heldBytes(): number {
    return this.held?.reduce((sum, { data }) => sum + bytesOf(data), 0) ?? 0
  }

  /** Keeps the message that is being worked on. */
  hold(): void {
    if (!this.message) return
    this.held ??= []
    this.held.push(this.message)
  }

  /** What was held, which is nobody's afterwards. */
  released(): readonly Message[] {
    const { held = [] } = this
    this.held = undefined
    return held
  }

  /** A credential was presented, in this way. */
  judging(method: Method): void {
    this.method = method
    this.#isJudging = true
  }

  /** A message that brings a token of its own. */
  verifyEach(connection: Connection, data: unknown, isBinary: boolean): void {
    this.continuous ??= new ContinuousQueue(connection)
    this.continuous.push(data, isBinary)
  }

  waitForNewer(): ReturnType<StepUp['wait']> {
    this.stepUp ??= new StepUp()
    return this.stepUp.wait()
  }

  /** A verdict is here. */
  judged(proof: Proof): void {
    this.#isJudging = false
    this.verification = undefined
    this.proof = proof
  }

  /** What came of the verdict was done. */
  settled(): void {
    this.proof = noProof
  }

  /** True where nothing is left of it. */
  get isDone(): boolean {
    if (this.#isJudging || this.message || this.held || this.#watching) return false
    return !this.continuous && !this.stepUp?.isAwaited
  }

  /** The connection delivers nothing more. */
  over(error: AuthErrorName): void {
    this.held = undefined
    this.continuous = undefined
    for (const one of this.#watching ?? []) one.callOff()
    this.#watching = undefined
    this.stepUp?.over(error)
  }
}

/** The size of a message, in whichever of its shapes `ws` hands it over (`binaryType`). */
export function bytesOf(data: unknown): number {
  if (Array.isArray(data)) return data.reduce<number>((sum, part) => sum + bytesOf(part), 0)
  if (data instanceof Blob) return data.size
  return data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? data.byteLength : 0
}
