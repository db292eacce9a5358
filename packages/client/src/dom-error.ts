/** The error that the standard asks for; where there is no `DOMException`, an `Error` with its name. */
export function domError(name: string, message: string): Error {
  return globalThis.DOMException
    ? new DOMException(message, name)
    : Object.assign(new Error(message), { name })
}
