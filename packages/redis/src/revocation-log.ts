import type { RedisLink } from './redis-link.ts'
import { parseEntry, type RevocationEntry, serializeEntry } from './revocation-entry.ts'
import type { RevocationMirror } from './revocation-mirror.ts'
import { addRevocation, type Fence, lookUpRevocations, readRevocations } from './scripts.ts'

/** About 40 KiB: a Redis may close who leaves more unread (`client-output-buffer-limit normal`). */
const pageSize = 250
/** How many are given back before it is looked at what others gave back meanwhile. */
const returnSize = 200

/** What a look-up found out. */
export interface LookUp {
  /** `issuedBeforeMs` of the revocation of each target; absent where there is none. */
  readonly issuedBeforeMs: readonly (number | undefined)[]
  /** The server is not the one that was followed, or its data is not; it may have lost some. */
  readonly isStranger: boolean
  /** There is more in the log than was read. */
  readonly isBehind: boolean
}

/**
 * The log of revocations in Redis as one node follows it: from the last entry that it saw, or from the start where the
 * server was restarted, replaced, or went back in time. A server that lost entries gets them again from the mirrors of all nodes
 * together: each begins somewhere else, and leaves out what it finds there meanwhile.
 *
 * All keys carry one hash tag, so that a cluster keeps them together.
 */
export class RevocationLog {
  readonly #link: RedisLink
  readonly #mirror: RevocationMirror
  readonly #prefix: string
  readonly #fence: Fence
  readonly #now: () => number
  #server: string | undefined
  #seen = 0
  /** What the server has lost. */
  #lost: Map<string, RevocationEntry> = new Map()

  constructor(
    link: RedisLink,
    mirror: RevocationMirror,
    { prefix, fence, now }: { readonly prefix: string; readonly fence: Fence; readonly now: () => number },
  ) {
    this.#link = link
    this.#mirror = mirror
    this.#prefix = `${prefix}{revocations}:`
    this.#fence = fence
    this.#now = now
  }

  /** A key that is written with every entry. */
  get key(): string {
    return `${this.#prefix}log`
  }

  async add(entry: RevocationEntry): Promise<void> {
    const nowMs = this.#now()
    const { issuedBeforeMs, expiresAtMs, connectionsOnly } = entry.revocation
    const lifeMs = Math.ceil(expiresAtMs - nowMs)
    if (lifeMs <= 0) return
    const keys = [this.key, `${this.#prefix}ends`, `${this.#prefix}last`, this.#prefix + entry.target]
    const times = [issuedBeforeMs, lifeMs, expiresAtMs, nowMs].map(String)
    await this.#link.run(addRevocation, keys, [serializeEntry(entry), ...times, connectionsOnly ? '0' : '1'])
  }

  async lookUp(targets: readonly string[]): Promise<LookUp> {
    const keys = [this.key, `${this.#prefix}last`, ...targets.map((target) => this.#prefix + target)]
    const [fence, values] = asLookUp(await this.#link.run(lookUpRevocations[this.#fence], keys))
    const [count = '', ...found] = values
    const { server, last } = placeOf(fence, count)
    return {
      issuedBeforeMs: found.map((value) => (value === '' ? undefined : Number(value))),
      isStranger: server !== this.#server || last < this.#seen,
      isBehind: last > this.#seen,
    }
  }

  /** Reads everything next time, as after a connection that was lost. */
  distrust(): void {
    this.#server = undefined
  }

  get hasLost(): boolean {
    return this.#lost.size > 0
  }

  /** What this node had not heard of. One reading at a time, please: it moves the place that the next one begins at. */
  async read(): Promise<readonly RevocationEntry[]> {
    const found: RevocationEntry[] = []
    let page = await this.#page(this.#seen)
    const isStranger = page.server !== this.#server || page.last < this.#seen
    if (!isStranger) {
      await this.#follow(page, this.#seen, (entry) => found.push(entry))
      for (const { id } of found) this.#lost.delete(id)
      return this.#unknown(found)
    }
    const ids = new Set<string>()
    page = await this.#page(0)
    const { server } = page
    await this.#follow(page, 0, (entry) => {
      ids.add(entry.id)
      found.push(entry)
    })
    this.#lost = new Map(
      shuffled(this.#mirror.missingFrom(ids, this.#now())).map((entry) => [entry.id, entry]),
    )
    this.#server = server
    return this.#unknown(found)
  }

  /** Writes some of what the server has lost. */
  async giveBack(): Promise<void> {
    const lost = this.#lost
    const some: RevocationEntry[] = []
    for (const entry of lost.values()) {
      if (some.push(entry) === returnSize) break
    }
    await Promise.all(some.map((entry) => this.add(entry)))
    for (const { id } of some) lost.delete(id)
  }

  /** Reads on from `page`, as long as it is the same server that answers. */
  async #follow(page: Page, after: number, each: (entry: RevocationEntry) => void): Promise<void> {
    let current = page
    let seen = after
    for (;;) {
      for (const line of current.lines) {
        const entry = parseEntry(line)
        if (entry) each(entry)
      }
      seen = current.end ?? seen
      if (current.lines.length < pageSize) break
      current = await this.#page(seen)
      if (current.server !== page.server) throw new Error('the server changed while its log was read')
    }
    // Those that ended, the last one perhaps, are not in it any more.
    this.#seen = current.last
  }

  #unknown(entries: readonly RevocationEntry[]): RevocationEntry[] {
    const nowMs = this.#now()
    return entries.filter(({ id, revocation }) => revocation.expiresAtMs > nowMs && !this.#mirror.has(id))
  }

  async #page(after: number): Promise<Page> {
    const keys = [this.key, `${this.#prefix}last`]
    const reply = await this.#link.run(readRevocations[this.#fence], keys, [`${after}`, `${pageSize}`])
    const [fence, count, flat] = asPage(reply)
    const end = flat.length === 0 ? undefined : Number(flat[flat.length - 1])
    return { ...placeOf(fence, count), end, lines: flat.filter((_, n) => n % 2 === 0) }
  }
}

interface Place {
  /** The server, its data, and the entry that its log began with. */
  readonly server: string
  /** The number of the last entry that was ever written. */
  readonly last: number
}

interface Page extends Place {
  /** The number of the last entry of this page. */
  readonly end: number | undefined
  readonly lines: readonly string[]
}

function shuffled<T>(items: readonly T[]): T[] {
  const drawn = items.map((item) => ({ item, place: Math.random() }))
  return drawn.sort((one, other) => one.place - other.place).map(({ item }) => item)
}

function placeOf(fence: string, count: string): Place {
  const [last, began = ''] = count.split(' ')
  return { server: `${fence} ${began}`, last: Number(last) }
}

function asLookUp(reply: unknown): [server: string, values: readonly string[]] {
  const [server, values] = Array.isArray(reply) ? reply : []
  if (typeof server !== 'string' || !isTexts(values)) throw new Error('not the answer of our script')
  return [server, values]
}

function asPage(reply: unknown): [server: string, last: string, lines: readonly string[]] {
  const [server, last, lines] = Array.isArray(reply) ? reply : []
  if (typeof server !== 'string' || typeof last !== 'string' || !isTexts(lines)) {
    throw new Error('not the answer of our script')
  }
  return [server, last, lines]
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string')
}
