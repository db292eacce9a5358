import type { RedisLink } from './redis-link.ts'
import { readNodes, reportNode } from './scripts.ts'

/** What one node said of itself last. */
export interface NodeReport {
  readonly nodeId: string
  /** What the function given to `report()` answered. */
  readonly stats: Readonly<Record<string, unknown>>
}

/** A whole fleet at a glance. */
export interface FleetStats {
  readonly nodes: readonly NodeReport[]
  /** The nodes' numbers added up. */
  readonly total: Readonly<Record<string, number>>
}

/** A node that was silent for so many reports is gone. */
const lifeOf = 3

/** How the nodes of a fleet say that they are there, and how they are doing. */
export class FleetReports {
  /** The nodes that reported of late, between spaces, this one always. */
  nodes: string
  readonly #link: RedisLink
  readonly #keys: string[]
  readonly #self: string
  readonly #lifeMs: number
  readonly #now: () => number
  #stats: () => object = () => ({})
  #hasWarned = false

  /** `self` is what Redis knows this node by. */
  constructor(
    link: RedisLink,
    self: string,
    options: { readonly prefix: string; readonly reportEveryMs: number; readonly now: () => number },
  ) {
    this.nodes = ` ${self} `
    this.#link = link
    this.#keys = [`${options.prefix}{fleet}:reports`, `${options.prefix}{fleet}:ends`]
    this.#self = self
    this.#lifeMs = options.reportEveryMs * lifeOf
    this.#now = options.now
  }

  /** How long a node may be silent. */
  get lifeMs(): number {
    return this.#lifeMs
  }

  /** What this node says of itself from now on. */
  say(stats: () => object): void {
    this.#stats = stats
  }

  async read(): Promise<FleetStats> {
    const reports = await this.#reports()
    const nodes = reports.map(([node, text]) => ({ nodeId: nameOf(node), stats: parsedReport(text) }))
    const total: Record<string, number> = {}
    for (const { stats } of nodes) {
      for (const [name, value] of Object.entries(stats)) {
        if (typeof value === 'number') total[name] = (total[name] ?? 0) + value
      }
    }
    return { nodes, total }
  }

  /** What cannot be told now is told next time; that Redis is away is said by `health`. */
  async send(): Promise<void> {
    try {
      await this.#write(this.#figures())
      const reports = await this.#reports()
      this.nodes = ` ${[this.#self, ...reports.map(([node]) => node)].join(' ')} `
    } catch {}
  }

  /** The others forget this node at once. */
  async withdraw(): Promise<void> {
    await this.#write('').catch(() => {})
  }

  async #write(text: string): Promise<void> {
    const nowMs = this.#now()
    await this.#link.run(reportNode, this.#keys, [this.#self, text, `${nowMs}`, `${nowMs + this.#lifeMs}`])
  }

  /** Never throws: a node that does not report is gone, and its connections with it. */
  #figures(): string {
    try {
      return JSON.stringify(this.#stats()) ?? '{}'
    } catch (error) {
      const text = `RedisFleet: what was given to report() fails, so this node shows no figures: ${error}`
      if (!this.#hasWarned) process.emitWarning(text, 'WsauthWarning')
      this.#hasWarned = true
      return '{}'
    }
  }

  /** Name and text of each report. */
  async #reports(): Promise<[node: string, text: string][]> {
    const reply = await this.#link.run(readNodes, this.#keys, [`${this.#now()}`])
    const flat = Array.isArray(reply) ? reply.map(String) : []
    return flat.flatMap((node, n) => (n % 2 === 0 ? [[node, flat[n + 1] ?? '']] : []))
  }
}

/** The name that a node was given, without what tells one start of it from another. */
function nameOf(node: string): string {
  return node.replace(/~[\w-]{8}$/, '')
}

function parsedReport(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
