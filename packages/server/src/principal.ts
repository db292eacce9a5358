/** Who was authenticated (RFC 7519 §4.1.2): what a verifier answers and the application sees as `socket.auth`. */
export interface Principal {
  /** Non-empty, at most 256 characters. */
  readonly userId: string
  /** Statements about the user. Frozen and without a prototype once it was authenticated. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** The credential's end in milliseconds since the epoch, leeway not included; absent where there is no end. */
  readonly expiresAt?: number
  /** Clock difference that is forgiven at the end, in milliseconds (RFC 7519 §4.1.4). */
  readonly leewayMs?: number
  /** The log-in that the credential belongs to (claim `sid`); `disconnect` and `revoke` find it by that. */
  readonly sessionId?: string
  /** The credential itself (claim `jti`). */
  readonly tokenId?: string
  /** When the credential was made (claim `iat`), in milliseconds since the epoch. */
  readonly issuedAt?: number
  /** Who vouches for the user (claim `iss`). */
  readonly issuer?: string
}

const maxIdLength = 256

/** True for an identifier as we keep and compare it: a string of 1 to 256 characters. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxIdLength
}

/** A principal that was checked; made once per token, however many connections it opens. */
class CheckedPrincipal implements Principal {
  readonly userId: string
  declare readonly claims?: Readonly<Record<string, unknown>>
  declare readonly expiresAt?: number
  declare readonly leewayMs?: number
  declare readonly sessionId?: string
  declare readonly tokenId?: string
  declare readonly issuedAt?: number
  declare readonly issuer?: string

  constructor({ userId, claims, expiresAt, leewayMs, sessionId, tokenId, issuedAt, issuer }: Principal) {
    this.userId = userId
    if (claims !== undefined) this.claims = frozenRecord(claims)
    if (expiresAt !== undefined) this.expiresAt = expiresAt
    if (leewayMs !== undefined) this.leewayMs = leewayMs
    if (sessionId !== undefined) this.sessionId = sessionId
    if (tokenId !== undefined) this.tokenId = tokenId
    if (issuedAt !== undefined) this.issuedAt = issuedAt
    if (issuer !== undefined) this.issuer = issuer
    Object.freeze(this)
  }
}

/**
 * The principal that a verifier answered with, checked, copied and frozen; `undefined` where it is not one. Members that
 * it does not know are left out, so that nothing a verifier adds by chance reaches a log. One that was checked before is
 * given back as it is.
 */
export function checkedPrincipal(value: unknown): Principal | undefined {
  if (value instanceof CheckedPrincipal) return value
  if (typeof value !== 'object' || value === null) return undefined
  const { userId, claims, expiresAt, leewayMs, sessionId, tokenId, issuedAt, issuer } = value as Principal
  if (!isId(userId)) return undefined
  if (!isAbsentOrId(sessionId) || !isAbsentOrId(tokenId) || !isAbsentOrId(issuer)) return undefined
  if (!isAbsentOrTime(expiresAt) || !isAbsentOrTime(leewayMs) || !isAbsentOrTime(issuedAt)) return undefined
  if (claims !== undefined && (typeof claims !== 'object' || claims === null)) return undefined
  return new CheckedPrincipal(value as Principal)
}

function isAbsentOrId(value: unknown): boolean {
  return value === undefined || isId(value)
}

function isAbsentOrTime(value: unknown): boolean {
  return value === undefined || Number.isFinite(value)
}

/** `record` itself where it is frozen and has no prototype already, else a copy that is both. */
function frozenRecord(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (Object.isFrozen(record) && Object.getPrototypeOf(record) === null) return record
  // Not `Object.create(null)` as the target, which makes a dictionary of it: 460 bytes more per connection.
  return Object.freeze(Object.setPrototypeOf({ ...record }, null))
}
