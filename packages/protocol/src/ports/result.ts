/** What a peer sent, given a shape, or the clause of PROTOCOL.md that it breaks. Parsing never throws. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly clause: string }

export function ok<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function broken<T>(clause: string): Result<T> {
  return { ok: false, clause }
}
