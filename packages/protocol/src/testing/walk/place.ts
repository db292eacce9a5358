import type { ClientPolicy } from '../../handshake/client.ts'
import type { ClientState, TokenReason } from '../../handshake/client-state.ts'
import { freshMemory, type TokenMemory } from '../../handshake/retry.ts'
import type { ServerPolicy, ServerState } from '../../handshake/server-state.ts'
import type { Machines } from '../duel/machines.ts'
import type { Frame } from '../duel/network.ts'
import { openClient } from '../open-client.ts'

const never = Number.POSITIVE_INFINITY

/** Things that may happen besides the ordinary course, each so many times on one way. */
export type Extra =
  | 'client says'
  | 'server says'
  | 'revoke'
  | 'revoke with a margin'
  | 'drain'
  | 'step up'
  | 'refuse'
  | 'refresh'
  | 'leave'
  | 'cut'
  | 'meddle'
  | 'ramble'
  | 'server rambles'
  | 'verifier fails'
  | 'bad token'
  | 'no token'
  | 'token of another user'
  | 'same token'
  | 'provider fails'
  | 'provider gives up'

/** What the walk explores: who talks to whom, and how much goes wrong on the way. */
export interface Ground {
  readonly name: string
  readonly server: ServerPolicy
  readonly client: ClientPolicy
  readonly cookie: 'none' | 'stale' | 'good'
  readonly tokenLifeMs: number
  readonly horizonMs: number
  /** Acts that are played before the walk begins. */
  readonly prefix: readonly string[]
  readonly depth: number
  /** So many extras on one way, of these. */
  readonly extras: number
  readonly of: readonly Extra[]
}

export interface WalkToken {
  readonly user: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly bad: boolean
}

export interface Pending {
  readonly attempt: number
  readonly token: string
  readonly reason: 'connect' | 'refresh' | 'look'
  /** What a look for revocations said when it began. */
  readonly wasRevoked: boolean
}

/** Everything at one moment: both machines, what is between them, and what is true of it. Never changed, only replaced. */
export interface Place {
  readonly nowMs: number
  readonly tokens: readonly WalkToken[]
  readonly revocations: readonly { readonly upToMs: number; readonly endsAtMs: number }[]
  readonly extras: number
  readonly happened: readonly Extra[]

  readonly client: ClientState
  readonly memory: TokenMemory
  readonly token: string
  readonly asking: TokenReason | undefined
  readonly openAtMs: number
  /** The token that the connection stands on, once the server has said so. */
  readonly accepted: string | undefined
  /** Who the client was told it is, and for how long; what it writes is written as them. */
  readonly clientUser: string
  readonly clientEndsAtMs: number
  readonly clientHeardAtMs: number
  readonly attempt: number
  readonly stopped: boolean
  readonly dialAtMs: number
  readonly endedAtMs: number
  readonly refused: readonly string[]

  readonly server: ServerState | undefined
  readonly version: 0 | 1
  readonly openedAtMs: number
  readonly sentAtMs: number
  readonly heardAtMs: number
  readonly verifying: readonly Pending[]
  readonly stands: string
  readonly user: string
  readonly demandEndsAtMs: number
  readonly drainEndsAtMs: number
  readonly head: readonly (string | undefined)[]
  readonly held: readonly (string | undefined)[]

  /** The client still holds its end: what is sent to it arrives. */
  readonly isLinked: boolean
  readonly up: readonly Frame[]
  readonly down: readonly Frame[]
}

/** A place while one act is played on it. */
export type Draft = { -readonly [K in keyof Place]: Place[K] }

/** What all acts of one walk share. */
export interface Walk {
  readonly ground: Ground
  readonly machines: Machines
  readonly blame: (what: string) => void
  /** A transition was taken: `server verifying --verdict--> authenticated`. */
  readonly cover: (transition: string) => void
}

/** How long a client waits for its provider. */
export const tokenTimeoutMs = 10_000

export const start: Place = {
  nowMs: 0,
  tokens: [],
  revocations: [],
  extras: 0,
  happened: [],
  client: openClient(tokenTimeoutMs),
  memory: freshMemory,
  token: '',
  asking: 'connect',
  openAtMs: never,
  accepted: undefined,
  clientUser: '',
  clientEndsAtMs: never,
  clientHeardAtMs: 0,
  attempt: 0,
  stopped: false,
  dialAtMs: never,
  endedAtMs: -never,
  refused: [],
  server: undefined,
  version: 0,
  openedAtMs: 0,
  sentAtMs: 0,
  heardAtMs: 0,
  verifying: [],
  stands: '',
  user: '',
  demandEndsAtMs: never,
  drainEndsAtMs: never,
  head: [],
  held: [],
  isLinked: false,
  up: [],
  down: [],
}

/** What is true of a token by its text, which is its number. */
export function tokenOf(place: Place, text: string): WalkToken | undefined {
  return place.tokens[Number(text.slice(1)) - 1]
}

export function isRevoked(place: Place, token: WalkToken): boolean {
  return place.revocations.some(({ upToMs }) => token.issuedAtMs <= upToMs)
}

export const leewayMs = 1_000

/** When the connection has to be gone, by its credential, by revocations and by demands. */
export function endOf(place: Place): number {
  const token = tokenOf(place, place.stands)
  if (!token) return place.demandEndsAtMs
  const revocationEnds = place.revocations
    .filter(({ upToMs }) => token.issuedAtMs <= upToMs)
    .map(({ upToMs, endsAtMs }) => (place.version === 1 ? endsAtMs : upToMs))
  return Math.min(token.expiresAtMs + leewayMs, place.demandEndsAtMs, ...revocationEnds)
}

export function isLive(server: ServerState | undefined): boolean {
  return server?.name === 'authenticated' || server?.name === 'reauthenticating'
}
