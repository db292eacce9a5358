/**
 * `text` without the pieces of `secrets` in it: a peer that holds a token may put it anywhere (P5). Pieces shorter than
 * `pieceLength` say nothing.
 */
export function mask(text: string, secrets: string, pieceLength = 8): string {
  let masked = ''
  for (let at = 0; at < text.length; ) {
    let length = 0
    while (at + length < text.length && secrets.includes(text.slice(at, at + length + 1))) length++
    const isPiece = length >= pieceLength
    masked += isPiece ? '[secret]' : text[at]
    at += isPiece ? length : 1
  }
  return masked
}
