import { Peer } from './peer.ts'
import type { World } from './world.ts'

/** What the owner of the drivers' sockets is asked and told about them. */
export interface Owner {
  readonly world: World
  dialled(socket: PeerSocket): void
  /** The application's text is put on the socket. */
  sent(socket: PeerSocket, text: string): void
  /** Looks at whether a text that the server sends now is delivered. */
  delivering(socket: PeerSocket, text: string, deliver: () => void): void
}

/** A socket that the drivers use: as strict as a browser's, and as late. What is true of it is in its public members. */
export class PeerSocket {
  readonly owner: Owner
  readonly number: number
  readonly peer: Peer
  readyState = 0
  protocol = ''
  extensions = ''
  bufferedAmount = 0
  binaryType = 'blob'
  onopen: ((event: object) => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onerror: (() => void) | null = null
  onclose: ((event: object) => void) | null = null
  #isLeft = false

  constructor(owner: Owner, url: string, options: { readonly headers?: object } | undefined) {
    const { world } = owner
    this.owner = owner
    this.number = ++world.sockets
    this.peer = new Peer(this)
    world.tell(`socket ${this.number} is dialled`)
    owner.dialled(this)
    const header = Object(options?.headers).Authorization ?? ''
    const token = String(header).slice(7) || new URL(url).searchParams.get('token')
    if (token) this.peer.presented(token)
    this.peer.meet()
  }

  send(data: unknown): void {
    if (this.readyState === 0) throw new Error('InvalidStateError')
    const text = String(data)
    if (!this.peer.takes(text)) this.owner.sent(this, text)
  }

  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999))
      throw new Error('InvalidAccessError')
    if (this.readyState > 1) return
    const { world } = this.owner
    world.tell(`socket ${this.number} is closed by the client`)
    const end = this.readyState === 1 ? (code ?? 1005) : 1006
    this.readyState = 2
    if (world.chance(0.8)) world.later(world.between(0, 3_000), () => this.end(end, reason))
  }

  /** The server accepts the upgrade. */
  open(): void {
    if (this.readyState !== 0) return
    this.owner.world.tell(`socket ${this.number} opens`)
    this.readyState = 1
    this.peer.opened()
    this.onopen?.({})
  }

  receive(text: string): void {
    if (this.readyState === 0 || this.readyState === 3 || this.#isLeft) return
    this.owner.world.tell(`socket ${this.number} hears ${text}`)
    this.owner.delivering(this, text, () => this.onmessage?.({ data: text }))
  }

  /** The server's Close is here, and the end is not yet. */
  leave(code: number, reason: string): void {
    this.owner.world.tell(`socket ${this.number} is closed by the server`)
    this.readyState = 2
    this.#isLeft = true
    this.owner.world.later(this.owner.world.between(0, 1_500), () => this.end(code, reason))
  }

  /** The connection is gone. */
  end(code = 1006, reason = ''): void {
    if (this.readyState === 3) return
    this.owner.world.tell(`socket ${this.number} ends with ${code} ${reason}`)
    this.peer.ending(code, reason)
    this.readyState = 3
    this.onclose?.({ code, reason, wasClean: code !== 1006 })
  }
}

/** The class that one life's drivers are given. */
export function socketClass(
  owner: Owner,
): new (
  url: string,
  protocols?: string[],
  options?: never,
) => object {
  return class extends PeerSocket {
    constructor(url: string, _protocols?: string[], options?: object) {
      super(owner, url, options)
    }
  }
}
