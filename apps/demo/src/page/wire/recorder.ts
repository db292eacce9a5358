import { mask, type Piece } from '../../shared/mask.ts'

/** Which connection: the chat's own, or one that an experiment opens beside it. */
export type Lane = 'chat' | 'lab'

/** What happened, when (on the page's monotonic clock), on which connection; secrets are gone already. */
export type WireEvent = { readonly lane: Lane; readonly atMs: number } & (
  | { readonly kind: 'dial'; readonly url: readonly Piece[]; readonly protocols: readonly Piece[] }
  | { readonly kind: 'upgraded'; readonly protocol: string }
  | {
      readonly kind: 'frame'
      readonly way: 'out' | 'in'
      readonly pieces: readonly Piece[]
      readonly role: FrameRole
    }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  | { readonly kind: 'state'; readonly state: string }
  | { readonly kind: 'http'; readonly what: string; readonly status: string; readonly tookMs: number }
  | { readonly kind: 'note'; readonly text: string; readonly tone: 'plain' | 'good' | 'bad' | 'wait' }
)

/** Told apart by what the frame is: the handshake, later control, or the application's own. */
type FrameRole = 'auth' | 'auth_ok' | 'auth_fail' | 'control' | 'application'

type Fresh = WireEvent extends infer Event ? (Event extends unknown ? Omit<Event, 'atMs'> : never) : never

/** Everything that happened on the wire since the page opened, told to whoever shows it. */
export class Recorder {
  readonly #listeners = new Set<(event: WireEvent) => void>()

  add(event: Fresh): void {
    const recorded = { ...event, atMs: performance.now() } as WireEvent
    for (const listener of this.#listeners) listener(recorded)
  }

  on(listener: (event: WireEvent) => void): void {
    this.#listeners.add(listener)
  }
}

/** A frame, masked; `handshaken` says whether `auth_ok` went before, after which plain types are the application's. */
export function frameEvent(lane: Lane, way: 'out' | 'in', text: string, handshaken: boolean): Fresh {
  return { kind: 'frame', lane, way, pieces: mask(text), role: roleOf(text, handshaken) }
}

function roleOf(text: string, handshaken: boolean): FrameRole {
  if (text.startsWith('{"wsauth":')) return 'control'
  if (handshaken) return 'application'
  const [, type] = /^\{"type":"(auth|auth_ok|auth_fail)"/.exec(text) ?? []
  if (type === 'auth' || type === 'auth_ok' || type === 'auth_fail') return type
  return text.startsWith('Authorization:') ? 'auth' : 'application'
}
