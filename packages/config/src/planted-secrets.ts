import { stripVTControlCharacters } from 'node:util'

/**
 * What a log must not hold (DESIGN P5, SECURITY 28), by its looks: tests plant tokens, tickets and keys of these kinds
 * everywhere, and `pnpm test` looks for them in all that the whole run printed and reported.
 */
const looks: Readonly<Record<string, RegExp>> = {
  'a signed JWT': /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{16,}/g,
  'a bearer credential': /\bBearer\s+[\w.~+/-]{20,}/gi,
  'a bearer sub-protocol': /\bwsauth\.bearer\.[\w-]{16,}/g,
  'a credential in a URL': /[?&](?:token|ticket|authorization|access_token)=[\w.~%-]{20,}/gi,
  'a first message with its token': /"token"\s*:\s*"[^"\s]{20,}"/g,
  'a private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----|"d"\s*:\s*"[\w-]{40,}"/g,
  // Words of tests that look for them; a name of a file is none.
  'a planted secret': /\bplanted-(?!secrets\b)[\w-]{4,}/g,
  'the key that tests sign with': /a-secret-of-at-least-thirty-two-bytes/g,
}

/** Each secret that stands in the text: its kind, its first characters, and where it is. */
export function secretsIn(text: string): string[] {
  const plain = stripVTControlCharacters(text)
  return Object.entries(looks).flatMap(([kind, look]) =>
    [...plain.matchAll(look)].map(({ 0: found, index }) => {
      const before = plain.slice(plain.lastIndexOf('\n', index) + 1, index)
      return `${kind}, ${JSON.stringify(found.slice(0, 12))}…, behind ${JSON.stringify(before.slice(-60))}`
    }),
  )
}
