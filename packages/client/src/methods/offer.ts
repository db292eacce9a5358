import { versionSubprotocol } from '@wsauth/protocol'
import type { Destination } from './destination.ts'

/** Beside the sub-protocols of the application, the offer that asks the server for an answer (PROTOCOL 4.3). */
export function offer(destination: Destination, version: 0 | 1): Destination {
  return version ? { ...destination, protocols: [...destination.protocols, versionSubprotocol] } : destination
}
