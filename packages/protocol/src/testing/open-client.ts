import type { ClientState } from '../handshake/client-state.ts'

/** A connection as it begins, as the client's driver has it: it waits for its token until `byMs`. */
export function openClient(byMs: number = Number.POSITIVE_INFINITY): ClientState {
  return { name: 'fetching-token', byMs }
}
