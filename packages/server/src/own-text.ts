/**
 * The same text in memory of its own. In V8 a piece of a longer text keeps that alive, so what is kept of a request target
 * would keep all of it, with the credential in it.
 */
export function ownText(text: string): string {
  return Buffer.from(text).toString()
}
