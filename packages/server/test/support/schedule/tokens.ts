import { between, type FakeClock, pick } from '@wsauth/protocol/testing'
import { AuthError, type Principal, type RevokeTarget, type Verifier } from '@wsauth/server'

/** How a verifier answers. */
type Mood = 'now' | 'late' | 'never' | 'throws' | 'rejects'

/** A credential, and all that is true of it, whatever the server believes. */
export interface Token {
  readonly name: string
  readonly userId: string
  readonly sessionId: string | undefined
  readonly issuedAtMs: number
  /** Leeway included, on the monotonic clock. */
  readonly endsAtMs: number
  readonly isGood: boolean
  readonly mood: Mood
  /** The numbers of the peers that presented it. */
  readonly presentedBy: Set<number>
  readonly principal: Principal
}

/** A revocation as it was asked for. */
export interface Revoked {
  readonly target: RevokeTarget
  readonly issuedBeforeMs: number
}

const leewayMs = 500

/** Makes tokens, answers as their verifier, and knows which of them were revoked. */
export class Tokens {
  readonly revoked: Revoked[] = []
  readonly #made = new Map<string, Token>()
  readonly #clock: FakeClock
  readonly #random: () => number

  constructor(clock: FakeClock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  make(userId: string = pick(this.#random, ['ada', 'bob'])): Token {
    const random = this.#random
    const { wallNow, now } = { wallNow: this.#clock.wallNow(), now: this.#clock.now() }
    const name = `t${this.#made.size}`
    const sessionId = pick(random, [undefined, `${userId}-1`, `${userId}-2`])
    const lifeMs = pick(random, [-1_000, 0, 700, between(random, 1, 9_000), 60_000, 60_000, 60_000])
    const issuedAtMs = wallNow - pick(random, [0, 0, 0, between(random, 0, 5_000)])
    const token: Token = {
      name,
      userId,
      sessionId,
      issuedAtMs,
      endsAtMs: now + lifeMs + leewayMs,
      isGood: random() > 0.12,
      mood: pick(random, ['now', 'now', 'now', 'now', 'late', 'late', 'never', 'throws', 'rejects']),
      presentedBy: new Set(),
      principal: {
        userId,
        ...(sessionId === undefined ? {} : { sessionId }),
        tokenId: name,
        issuedAt: issuedAtMs,
        expiresAt: wallNow + lifeMs,
        leewayMs,
        claims: { token: name },
      },
    }
    this.#made.set(name, token)
    return token
  }

  /** What the server says is in force; `undefined` for nobody's. */
  named(name: unknown): Token | undefined {
    return this.#made.get(String(name))
  }

  any(): Token | undefined {
    return [...this.#made.values()][between(this.#random, 0, Math.max(0, this.#made.size - 1))]
  }

  isRevoked(token: Token, namedSession: string | undefined = token.sessionId): boolean {
    return this.revoked.some((one) => covers(one, token, namedSession))
  }

  readonly verifier: Verifier = (text) => this.#answer(text)

  #answer(text: string): Principal | Promise<Principal> {
    const token = this.#made.get(text)
    const verdict = (): Principal => {
      if (!token?.isGood) throw new AuthError('invalid_token')
      return token.principal
    }
    switch (token?.mood) {
      case 'throws':
        throw new Error('the verifier is down')
      case 'rejects':
        return Promise.reject(new Error('the verifier is down'))
      case 'never':
        return new Promise(() => {})
      case 'late':
        return new Promise((resolve, reject) => {
          this.#clock.schedule(between(this.#random, 1, 7_000), () => {
            try {
              resolve(verdict())
            } catch (error) {
              reject(error)
            }
          })
        })
      default:
        return verdict()
    }
  }
}

/** The same second dies with it; a token's name is one token, whenever it was made. */
export function covers(
  { target, issuedBeforeMs }: Revoked,
  token: Token,
  namedSession: string | undefined = token.sessionId,
): boolean {
  if ('tokenId' in target) return target.tokenId === token.name
  const isNamed = 'userId' in target ? target.userId === token.userId : target.sessionId === namedSession
  return isNamed && Math.floor(token.issuedAtMs / 1_000) <= Math.floor(issuedBeforeMs / 1_000)
}

/** A token, as a story has it. */
export function told({ name, userId, sessionId, endsAtMs, isGood, mood }: Token): string {
  return `${isGood ? '' : 'bad '}${name} of ${sessionId ?? userId} to ${endsAtMs} answered ${mood}`
}
