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

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
