/** What is kept of an unauthenticated socket: whom it counts for, and how it is sent away. */
export interface PendingSocket {
  readonly addressGroup: string
  /** `limit` is reached: the oldest goes for the newest. True where it is gone; false where it is still being told. */
  evict(limit: PendingLimit): boolean
}

export type PendingLimit = 'pending' | 'pendingPerAddress'

/**
 * The sockets of a server that are not authenticated, oldest first, in total and by address (DESIGN 7).
 *
 * A full house is never closed to a newcomer: the one who has waited longest without a word makes room, so that a flood
 * of silent sockets delays nobody who brings a credential.
 */
export class PendingSockets<Socket extends PendingSocket> {
  readonly #all = new Set<Socket>()
  readonly #byAddress = new Map<string, Set<Socket>>()
  readonly #limits: Readonly<Record<PendingLimit, number>>

  constructor(limits: Readonly<Record<PendingLimit, number>>) {
    this.#limits = limits
  }

  get size(): number {
    return this.#all.size
  }

  /** How many addresses have a socket here. */
  get addresses(): number {
    return this.#byAddress.size
  }

  /** Takes a newcomer in; the oldest of its address, else the oldest of all, is evicted where there is no room. */
  add(socket: Socket): void {
    const neighbours = this.#byAddress.get(socket.addressGroup)
    if (neighbours) this.#makeRoom(neighbours, 'pendingPerAddress')
    this.#makeRoom(this.#all, 'pending')
    this.#all.add(socket)
    const group = this.#byAddress.get(socket.addressGroup)
    if (group) group.add(socket)
    else this.#byAddress.set(socket.addressGroup, new Set([socket]))
  }

  /** Forgets one that was authenticated or is gone; once more does nothing. */
  delete(socket: Socket): void {
    if (!this.#all.delete(socket)) return
    const group = this.#byAddress.get(socket.addressGroup)
    group?.delete(socket)
    if (group?.size === 0) this.#byAddress.delete(socket.addressGroup)
  }

  [Symbol.iterator](): IterableIterator<Socket> {
    return this.#all.values()
  }

  /** Never more than one over the limit: the one that is being told why. The next newcomer has it dropped. */
  #makeRoom(sockets: Set<Socket>, limit: PendingLimit): void {
    const most = this.#limits[limit]
    if (sockets.size < most) return
    for (const oldest of sockets) {
      if (sockets.size < most || !oldest.evict(limit)) return
      this.delete(oldest)
    }
  }
}
