import type { Verdict } from '../../handshake/server-state.ts'

/** What is true of a token, whatever anybody believes. */
export interface Token {
  readonly text: string
  readonly user: string
  readonly issuedAtMs: number
  /** `exp`; `Infinity` where there is no end. */
  readonly expiresAtMs: number
  readonly forged: boolean
}

interface Revocation {
  readonly user: string
  /** Tokens issued up to then are revoked. */
  readonly upToMs: number
  /** For so long a live connection may still present a newer one. */
  readonly marginMs: number
  /** No node is told: a look at the session has to find out. */
  readonly isSilent: boolean
}

/** Clock difference that the verifier forgives. */
const leewayMs = 1_000

/** The authority of a duel: who holds which token, and which of them are revoked. It is never wrong. */
export class Identity {
  readonly #tokens = new Map<string, Token>()
  readonly #revocations: Revocation[] = []

  issue(user: string, nowMs: number, lifeMs: number, forged = false): Token {
    const text = `token-${this.#tokens.size + 1}`
    const token: Token = { text, user, issuedAtMs: nowMs, expiresAtMs: nowMs + lifeMs, forged }
    this.#tokens.set(text, token)
    return token
  }

  token(text: string): Token | undefined {
    return this.#tokens.get(text)
  }

  revoke(user: string, upToMs: number, marginMs: number, isSilent = false): void {
    this.#revocations.push({ user, upToMs, marginMs, isSilent })
  }

  isRevoked(token: Token): boolean {
    return this.revocationEndsAtMs(token, false) !== Number.POSITIVE_INFINITY
  }

  /** When a live connection under `token` has to be gone, as far as revocations go; `Infinity` where there is none. */
  revocationEndsAtMs({ user, issuedAtMs }: Token, withMargin: boolean): number {
    return this.#revocations
      .filter((revocation) => revocation.user === user && issuedAtMs <= revocation.upToMs)
      .reduce(
        (endsAtMs, { upToMs, marginMs, isSilent }) =>
          Math.min(endsAtMs, upToMs + (withMargin || isSilent ? marginMs : 0)),
        Number.POSITIVE_INFINITY,
      )
  }

  /** `exp` + leeway: from here on the token opens nothing. */
  endsAtMs({ expiresAtMs }: Token): number {
    return expiresAtMs + leewayMs
  }

  isGood(text: string, nowMs: number): boolean {
    const token = this.#tokens.get(text)
    if (token === undefined || token.forged || nowMs >= this.endsAtMs(token)) return false
    return !this.#revocations.some(
      ({ user, upToMs, isSilent }) =>
        user === token.user &&
        token.issuedAtMs <= upToMs &&
        // A verifier that had looked before cannot know of one that nobody was told about.
        !(isSilent && nowMs <= upToMs + 100),
    )
  }

  /** What a verifier says that answers at `nowMs` and looked for revocations some time before. */
  verdict(text: string, nowMs: number, isRevoked: boolean): Verdict {
    const token = this.#tokens.get(text)
    if (!token || token.forged || isRevoked || nowMs >= this.endsAtMs(token)) {
      return { ok: false, error: 'invalid_token' }
    }
    const { user, issuedAtMs, expiresAtMs } = token
    const subject = { userId: user, issuer: 'duel', issuedAt: issuedAtMs }
    const grant = { subject, sessionId: `session-${user}` }
    if (expiresAtMs === Number.POSITIVE_INFINITY) return { ok: true, grant }
    return { ok: true, grant: { ...grant, expiresInMs: expiresAtMs - nowMs, leewayMs } }
  }
}
