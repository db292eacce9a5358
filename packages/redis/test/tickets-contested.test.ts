import { randomBytes } from 'node:crypto'
import type { TicketGrant } from '@wsauth/server'
import { describe, expect, it } from 'vitest'
import { RedisTicketStore } from '../src/ticket-store.ts'
import { type Connection, officialClient } from './support/clients.ts'
import { hasRedis, RedisServer, until } from './support/redis-server.ts'
import { sized } from './support/size.ts'

const redemptions = sized(3_000, 50_000)
const kills = sized(3, 25)
const promotions = sized(2, 10)
const batch = 250

/** Tickets that were handed out, and how often each was redeemed. */
class Ledger {
  readonly redeemed = new Map<string, number>()
  attempts = 0
  unanswered = 0

  /**
   * Both nodes, twice each, all at once, ten tickets at a time; who gets no answer asks again later, as an attacker would.
   * `midway` happens when half of them are redeemed, while others are on their way.
   */
  async contest(
    keys: readonly string[],
    nodes: readonly RedisTicketStore[],
    midway?: () => unknown,
  ): Promise<void> {
    let happening: unknown
    for (let n = 0; n < keys.length; n += 10) {
      const takers = [...nodes, ...nodes].flatMap((node) =>
        keys.slice(n, n + 10).map((key) => this.#take(node, key)),
      )
      if (midway && n >= keys.length / 2) happening ??= Promise.race(takers).then(midway)
      await Promise.all(takers)
    }
    await happening
  }

  async #take(node: RedisTicketStore, key: string): Promise<void> {
    this.attempts++
    try {
      const grant = await node.take(key)
      if (grant) this.redeemed.set(key, (this.redeemed.get(key) ?? 0) + 1)
    } catch {
      this.unanswered++
    }
  }
}

async function issue(node: RedisTicketStore, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, () => randomBytes(32).toString('base64url'))
  const put = await Promise.allSettled(
    keys.map((key) => {
      const grant: TicketGrant = { principal: { userId: `user-${key.slice(0, 8)}` } }
      return node.put(key, grant, 60)
    }),
  )
  return keys.filter((_, n) => put[n]?.status === 'fulfilled')
}

const storeOn = ({ client }: Connection): RedisTicketStore =>
  new RedisTicketStore({ client, commandTimeoutMs: 1_000 })

describe.skipIf(!hasRedis)('P4 no ticket is redeemed twice', () => {
  it.each(['snapshot', 'aof'] as const)(
    `${redemptions} contested redemptions over two nodes, Redis (%s) killed ${kills} times`,
    { timeout: sized(60_000, 1_200_000) },
    async (persistence) => {
      await using server = await RedisServer.start({ persistence })
      await using one = await officialClient(server)
      await using two = await officialClient(server)
      const nodes = [storeOn(one), storeOn(two)]
      const ledger = new Ledger()
      const issued: string[] = []
      let killed = 0
      while (issued.length < redemptions) {
        // A command that a busy machine gives up takes the link away; then all fail at once, and asking in a circle would let in
        // nothing that brings it back.
        await until(() => nodes.every(({ health }) => health.up), 10_000, 'both nodes to be up')
        const keys = await issue(nodes[issued.length % 2] ?? storeOn(one), batch)
        issued.push(...keys)
        if (killed < (kills * issued.length) / redemptions) {
          // The snapshot is from before they were redeemed, and the process dies while they are.
          if (persistence === 'snapshot') await server.save()
          await ledger.contest(keys, nodes, () => server.kill())
          await server.restart()
          await until(() => nodes.every(({ health }) => health.up), 10_000, 'both nodes to recover')
          killed++
        }
        await ledger.contest(keys, nodes)
      }
      // Once more for all of them, after everything that happened.
      for (let n = 0; n < issued.length; n += batch) await ledger.contest(issued.slice(n, n + batch), nodes)
      const most = Math.max(0, ...ledger.redeemed.values())
      report(`${persistence}: ${issued.length} tickets, ${ledger.attempts} attempts, ${killed} kills`, ledger)
      expect(most).toBe(1)
      expect(killed).toBeGreaterThanOrEqual(kills)
      expect(ledger.redeemed.size).toBeGreaterThan(issued.length / 2)
    },
  )

  it(`${promotions} promotions of a replica that was cut off beforehand`, {
    timeout: sized(60_000, 600_000),
  }, async () => {
    const ledger = new Ledger()
    await using first = await RedisServer.start()
    await using second = await RedisServer.start()
    await using onFirst = await officialClient(first)
    await using onSecond = await officialClient(second)
    let [primary, replica] = [first, second]
    let issued = 0
    for (let n = 0; n < promotions; n++) {
      await replica.replicate(primary)
      const [before, after] = primary === first ? [onFirst, onSecond] : [onSecond, onFirst]
      const keys = await issue(storeOn(before), batch)
      issued += keys.length
      await primary.command('WAIT', '1', '1000')
      await replica.command('REPLICAOF', '127.0.0.1', '1')
      await ledger.contest(keys.slice(0, batch / 2), [storeOn(before)])
      await replica.promote()
      // Both are primaries now, each with its own clients, until the old one is told to follow.
      await ledger.contest(keys, [storeOn(after), storeOn(before)])
      ;[primary, replica] = [replica, primary]
    }
    report(`${promotions} promotions, ${issued} tickets, ${ledger.attempts} attempts`, ledger)
    expect(Math.max(0, ...ledger.redeemed.values())).toBe(1)
    expect(ledger.redeemed.size).toBe(issued)
  })
})

function report(what: string, { redeemed, unanswered }: Ledger): void {
  console.info(
    `${what}: ${redeemed.size} redeemed, ${unanswered} without an answer, most for one ticket: ${Math.max(0, ...redeemed.values())}`,
  )
}
