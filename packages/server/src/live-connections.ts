/** What is kept of an authenticated connection. The list below owns `nextOfUser` and `previousOfUser`. */
export interface LiveConnection<Self> {
  readonly userId: string
  nextOfUser: Self | undefined
  previousOfUser: Self | undefined
}

/**
 * The authenticated connections of a server, found by user without a collection for each: those of one user are chained
 * through themselves, since most users have one connection and a set costs 200 bytes.
 */
export class LiveConnections<T extends LiveConnection<T>> {
  readonly #firstOfUser = new Map<string, T>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get users(): number {
    return this.#firstOfUser.size
  }

  add(connection: T): void {
    this.#size += 1
    const first = this.#firstOfUser.get(connection.userId)
    connection.nextOfUser = first
    if (first) first.previousOfUser = connection
    this.#firstOfUser.set(connection.userId, connection)
  }

  /** Takes one out; once more does nothing. */
  delete(connection: T): void {
    const { previousOfUser, nextOfUser } = connection
    if (!previousOfUser && this.#firstOfUser.get(connection.userId) !== connection) return
    this.#size -= 1
    if (nextOfUser) nextOfUser.previousOfUser = previousOfUser
    if (previousOfUser) previousOfUser.nextOfUser = nextOfUser
    else if (nextOfUser) this.#firstOfUser.set(connection.userId, nextOfUser)
    else this.#firstOfUser.delete(connection.userId)
    connection.nextOfUser = undefined
    connection.previousOfUser = undefined
  }

  /** Those of one user, the newest first; a copy, so that they may go while it is walked. */
  ofUser(userId: string): T[] {
    const found: T[] = []
    for (let one = this.#firstOfUser.get(userId); one; one = one.nextOfUser) found.push(one)
    return found
  }

  /** How many connections a user has, counted no further than `limit`. */
  count(userId: string, limit: number): number {
    let count = 0
    for (let one = this.#firstOfUser.get(userId); one && count < limit; one = one.nextOfUser) count++
    return count
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const first of this.#firstOfUser.values()) {
      for (let one: T | undefined = first; one; one = one.nextOfUser) yield one
    }
  }
}
