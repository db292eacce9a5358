/** Throws a `TypeError` for a time that a timer would take for now. */
export function assertTimes(times: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(times)) {
    if (value === undefined || (typeof value === 'number' && value > 0)) continue
    throw new TypeError(`@wsauth/redis: \`${name}\` is ${shown(value)}; give milliseconds above 0`)
  }
}

/** Throws a `TypeError` for a word that is none of those. */
export function assertWord(name: string, value: unknown, words: readonly string[]): void {
  if (value === undefined || words.includes(value as string)) return
  const choice = words.map((word) => `'${word}'`).join(' or ')
  throw new TypeError(`@wsauth/redis: \`${name}\` is ${shown(value)}; write ${choice}`)
}

/** A misspelt option does nothing, and what it was to forbid stays allowed: that is said, once, where the store is made. */
export function warnAboutUnknown(
  whose: string,
  options: object,
  names: Readonly<Record<string, true>>,
): void {
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(names, name))
  if (unknown.length === 0) return
  const choice = Object.keys(names).join(', ')
  const text = `${whose}: no such option: ${unknown.join(', ')}; it does nothing. There are ${choice}`
  process.emitWarning(text, 'WsauthWarning')
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
