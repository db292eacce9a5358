import { randomBytes } from 'node:crypto'
import { hashedId, type Principal, type Revocation } from '@wsauth/server'

const kinds = ['userId', 'sessionId', 'tokenId'] as const
type Kind = (typeof kinds)[number]

/** A revocation as Redis and every node keep it: without a name in it, and with an identity of its own. */
export interface RevocationEntry {
  readonly id: string
  /** What it is looked up by: the kind of identifier and its hash. */
  readonly target: string
  readonly revocation: Revocation
}

/** Throws a `TypeError` for one that does not name exactly one of user, session and token. */
export function entryOf(revocation: Revocation): RevocationEntry {
  const named = kinds.filter((kind) => revocation[kind] !== undefined)
  const [kind] = named
  if (kind === undefined || named.length > 1) {
    throw new TypeError('a revocation names exactly one of `userId`, `sessionId` and `tokenId`')
  }
  const id = revocation[kind] ?? ''
  const hash = revocation.hashed ? id : hashedId(id)
  const entry: Revocation = { ...revocation, [kind]: hash, hashed: true }
  return { id: randomBytes(12).toString('base64url'), target: `${kind}:${hash}`, revocation: entry }
}

/** The look-up targets of a credential. */
export function targetsOf(principal: Principal): string[] {
  return kinds.flatMap((kind) => {
    const id = principal[kind]
    return id === undefined ? [] : [`${kind}:${hashedId(id)}`]
  })
}

/** One line for the log in Redis. */
export function serializeEntry({ id, target, revocation }: RevocationEntry): string {
  const { issuedBeforeMs, marginMs, expiresAtMs, connectionsOnly } = revocation
  const scope = connectionsOnly ? 'connections' : 'credentials'
  return [id, target, scope, issuedBeforeMs, marginMs, expiresAtMs].join(' ')
}

/** `undefined` for a line of a version to come, which is left alone. */
export function parseEntry(line: string): RevocationEntry | undefined {
  const [id = '', target = '', scope, ...times] = line.split(' ')
  const [kind = '', hash] = target.split(':')
  const [issuedBeforeMs = Number.NaN, marginMs = Number.NaN, expiresAtMs = Number.NaN] = times.map(Number)
  const isKnown = isKind(kind) && (scope === 'connections' || scope === 'credentials')
  if (!isKnown || !hash || [issuedBeforeMs, marginMs, expiresAtMs].some(Number.isNaN)) return undefined
  const only = scope === 'connections' ? { connectionsOnly: true } : {}
  const revocation: Revocation = {
    [kind]: hash,
    hashed: true,
    issuedBeforeMs,
    marginMs,
    expiresAtMs,
    ...only,
  }
  return { id, target, revocation }
}

function isKind(text: string): text is Kind {
  return (kinds as readonly string[]).includes(text)
}
