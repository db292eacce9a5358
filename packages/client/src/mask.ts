/**
 * `text`, unless there is a piece of `secrets` in it: a peer that holds a token may put it anywhere (P5). Pieces shorter than
 * `pieceLength` say nothing.
 */
export function mask(text: unknown, secrets: string, pieceLength = 8): string | undefined {
  if (typeof text !== 'string') return undefined
  for (let at = secrets.length - pieceLength; at >= 0; at--) {
    if (text.includes(secrets.slice(at, at + pieceLength))) return '[secret]'
  }
  return text
}
