/** Pieces of a secret that are shorter than this say nothing. */
const pieceLength = 8

/** `text`, unless there is a piece of `secrets` in it: a peer that holds a token may put it anywhere (P5). */
export function mask(text: string, secrets: string): string {
  for (let at = secrets.length - pieceLength; at >= 0; at--) {
    if (text.includes(secrets.slice(at, at + pieceLength))) return '[secret]'
  }
  return text
}
