import type { JWSHeaderParameters } from 'jose'
import { refused } from './claims.ts'
import { listed } from './options.ts'

const maxKidLength = 128

/**
 * What the header of a token may say besides `alg`: a `typ` that is wanted (RFC 8725 §3.11), a short `kid`, and no extension
 * that changes what is signed (RFC 7515 §4.1.11, RFC 7797). Throws `invalid_token`, before any cryptography.
 */
export function headerRule(
  whose: string,
  typ: string | readonly string[] | undefined,
): (header: JWSHeaderParameters | undefined) => void {
  const wanted = typ === undefined ? ['jwt', 'at+jwt'] : listed(whose, 'typ', typ).map(mediaType)
  const acceptsTyp = (value: unknown) =>
    value === undefined ? typ === undefined : typeof value === 'string' && wanted.includes(mediaType(value))

  return (header) => {
    const { kid, typ: said, crit, b64 } = (header ?? {}) as Record<string, unknown>
    if (kid !== undefined && (typeof kid !== 'string' || kid.length > maxKidLength))
      throw refused('kid is too long')
    if (crit !== undefined || b64 !== undefined) throw refused('the header asks for an extension')
    if (!acceptsTyp(said)) throw refused('typ is another kind of token')
  }
}

/** RFC 7515 §4.1.9: case does not matter, and `application/` may be left out. */
function mediaType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '')
}
