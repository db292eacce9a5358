/** Throws a `TypeError` for what is no number above 0. */
export function assertPositive(name: string, value: unknown): number {
  if (typeof value === 'number' && value > 0) return value
  throw new TypeError(`${name} is ${String(value)}: give a number above 0 (Infinity for no limit)`)
}

/** For times that somebody waits until: never is not one of them. */
export function assertFinite(name: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value
  throw new TypeError(`${name} is ${String(value)}: give a number of milliseconds above 0`)
}

/** Anything else than `true` would switch off what somebody meant to switch on. */
export function assertSwitch(name: string, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true
  throw new TypeError(`${name} is ${JSON.stringify(value)}: write true or false`)
}

/** Throws a `TypeError` where a part of the application's choice cannot do what is asked of it. */
export function assertPart(name: string, part: unknown, members: readonly string[], example: string): void {
  if (part === undefined) return
  const has = Object(part) as Readonly<Record<string, unknown>>
  const missing = members.filter((member) => typeof has[member] !== 'function')
  if (missing.length === 0) return
  throw new TypeError(`${name} has no ${missing.join(', no ')}: give ${example}`)
}

/** Options by name, of which a misspelt one is warned of; a `TypeError` for anything else, whose names would all be missing. */
export function assertOptions(whose: string, options: unknown, names: Readonly<Record<string, true>>): void {
  const known = Object.keys(names)
  if (typeof options !== 'object' || options === null) {
    const choice =
      known.length === 0 ? 'it takes no options' : `give its options by name, { ${known.join(', ')} }`
    throw new TypeError(`${whose}: ${choice}`)
  }
  warnAboutUnknown(whose, options, known)
}

/** A misspelt option does nothing, and what it was to forbid stays allowed: that is said, once, where the server is made. */
export function warnAboutUnknown(name: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((key) => !known.includes(key))
  if (unknown.length === 0) return
  const choice = known.length === 0 ? 'It takes none' : `There are ${known.join(', ')}`
  const text = `${name}: no such option: ${unknown.join(', ')}; it does nothing. ${choice}`
  process.emitWarning(text, 'WsauthWarning')
}
