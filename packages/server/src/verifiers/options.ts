/** A list of exact values, or `false` where the caller says that any will do. Throws a `TypeError` for neither. */
export function expected(whose: string, name: string, value: unknown): readonly string[] | false {
  if (value === false) return false
  if (value === undefined || value === null) {
    throw new TypeError(
      `${whose}: \`${name}\` is missing; write what your tokens have, or false if you know that any will do`,
    )
  }
  return listed(whose, name, value)
}

/** One non-empty string or several, as a list. Throws a `TypeError` for anything else. */
export function listed(whose: string, name: string, value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? [...value] : [value]
  if (list.length === 0 || !list.every((one) => typeof one === 'string' && one !== '')) {
    throw new TypeError(`${whose}: \`${name}\` is a string or a list of strings, none of them empty`)
  }
  return list as readonly string[]
}
