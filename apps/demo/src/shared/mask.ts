/** A piece of a frame: text as it is, or how many characters were taken out. */
export type Piece = string | { readonly hidden: number }

// What a credential looks like in each place where it may travel: the auth message, bearer text, a query parameter,
// a sub-protocol, and a JWT anywhere.
const secrets =
  /("token":")([^"]+)|(Bearer )(\S+)|([?&](?:token|ticket|authorization)=)([^&\s"]+)|(wsauth\.bearer\.)([\w-]+)|(eyJ[\w-]+\.[\w-]+\.[\w-]*)/g

/** Takes credentials out before anything is kept: what the timeline does not hold, it cannot show. */
export function mask(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const match of text.matchAll(secrets)) {
    const secret = match[2] ?? match[4] ?? match[6] ?? match[8] ?? match[9] ?? ''
    const start = match.index + match[0].length - secret.length
    if (start > end) pieces.push(text.slice(end, start))
    pieces.push({ hidden: secret.length })
    end = start + secret.length
  }
  if (end < text.length) pieces.push(text.slice(end))
  return pieces
}
