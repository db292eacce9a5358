/** What is wrong with a text that is no compact JWS, for the operator; nothing of it is quoted. */
export function noJws(text: string): string {
  const form = forms.find(([pattern]) => pattern.test(text))?.[1]
  return form === undefined ? 'not a compact JWS' : `not a compact JWS: ${form}`
}

/** What applications send instead, and how it looks. */
const forms: readonly (readonly [RegExp, string])[] = [
  [/^bearer\b/i, '`Bearer` stands in front of the token'],
  [/^\s*</, 'HTML, such as the page of a log-in or of an error'],
  [/^\s*["{[]/, 'JSON, such as the whole answer of a log-in or an error'],
  [/^(undefined|null|)$/, 'there was no token'],
  // RFC 7516 §3.1: five parts, of which some may be empty.
  [/^[\w-]+(\.[\w-]*){4}$/, 'encrypted (JWE), so it is meant for somebody else'],
  [/^[^.]+$/, 'opaque; introspection() verifies such tokens'],
]
