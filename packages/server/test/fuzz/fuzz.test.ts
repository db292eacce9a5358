import { seededRandom } from '@wsauth/protocol/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Attack } from './attack.ts'
import { corpus, keep } from './corpus.ts'
import { firstMessageAttacks } from './first-messages.ts'
import { type Outcome, play } from './play.ts'
import { sequenceAttacks } from './sequences.ts'
import { TargetProcess } from './target-process.ts'

const runs = Number(process.env.FUZZ_RUNS ?? 100_000)
const seed = Number(process.env.FUZZ_SEED ?? 20_300_101)
/** Attacks between two looks at the server: what failed is among so many. */
const batch = 5_000

let target: TargetProcess
beforeAll(async () => {
  target = await TargetProcess.start()
})
afterAll(() => target.stop())

interface Tally {
  connections: number
  admitted: number
  delivered: number
  slowestMs: number
}

describe('SECURITY 1, 14, 19: whatever strangers send', () => {
  it.each(corpus())('%s', { timeout: 60_000 }, async (_, attack) => {
    expect(await wrongs([attack])).toEqual([])
  })

  it(`${runs} malformed first messages: no exit, no rejection, no delivery, all gone in time`, {
    timeout: 60_000 + runs * 5,
  }, async () => {
    const tally = await attackWith('malformed first messages', runs, firstMessageAttacks)
    expect(tally).toMatchObject({ admitted: 0, delivered: 0 })
  })

  const sequences = Math.ceil(runs / 2)
  it(`${sequences} mutated frame sequences: no delivery but behind a good credential and before the end`, {
    timeout: 60_000 + sequences * 10,
  }, async () => {
    const tally = await attackWith('mutated frame sequences', sequences, sequenceAttacks)
    // Guests were let in and heard, or the gate was not what kept the others out.
    expect(tally.admitted).toBeGreaterThan(sequences / 40)
    expect(tally.delivered).toBeGreaterThan(sequences / 40)
  })
})

async function attackWith(
  what: string,
  count: number,
  attacks: (random: () => number, count: number) => Iterable<Attack>,
): Promise<Tally> {
  const tally: Tally = { connections: 0, admitted: 0, delivered: 0, slowestMs: 0 }
  for (const some of batches(attacks(seededRandom(seed), count))) {
    expect(await wrongs(some, tally), `seed ${seed}; what did it is in the corpus now`).toEqual([])
  }
  const { refused, rss } = await target.report()
  console.log(
    `${count} ${what}, seed ${seed}: ${JSON.stringify(tally)}, refused ${JSON.stringify(refused)}, ` +
      `${Math.round(rss / 2 ** 20)} MiB resident`,
  )
  return tally
}

/** What goes wrong when these are played, in words; what does it is narrowed down and kept. */
async function wrongs(attacks: readonly Attack[], tally?: Tally): Promise<string[]> {
  const found = await judged(attacks, tally)
  const [why] = found
  if (why === undefined) return found
  let suspects = attacks
  while (suspects.length > 1) {
    const half = Math.ceil(suspects.length / 2)
    const guilty = (await isWrong(suspects.slice(0, half))) ? suspects.slice(0, half) : suspects.slice(half)
    if (guilty.length < half && !(await isWrong(guilty))) break
    suspects = guilty
  }
  const [alone] = suspects
  await target.stop()
  target = await TargetProcess.start()
  // What takes many at once is found again by its seed alone.
  if (suspects.length === 1 && alone && attacks.length > 1) keep(why, alone)
  return found
}

async function isWrong(attacks: readonly Attack[]): Promise<boolean> {
  // What the last ones left behind is not blamed on these.
  await target.stop()
  target = await TargetProcess.start()
  return (await judged(attacks)).length > 0
}

async function judged(attacks: readonly Attack[], tally?: Tally): Promise<string[]> {
  const outcomes = await play(target.port, attacks)
  if (target.died !== undefined) return [target.died]
  // The server hears of the last ones' end after we do.
  let report = await target.report()
  const { delivered, admitted } = report
  for (let tries = 0; report.left > 0 && tries < 50; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    report = await target.report()
  }
  const left = report.left > 0 ? [`${report.left} sockets are left on the server: ${report.stats}`] : []
  const planted = report.planted.map((name) => `a prototype has a new member ${name}`)
  const late = outcomes.filter(({ isGone }) => !isGone).map(() => 'a socket outlived its deadline')
  if (tally) {
    tally.connections += outcomes.length
    tally.admitted += admitted.length
    tally.delivered += delivered.length
    tally.slowestMs = Math.round(Math.max(tally.slowestMs, ...outcomes.map(({ tookMs }) => tookMs)))
  }
  return [...report.broken, ...planted, ...left, ...late, ...undue(outcomes, delivered, admitted)]
}

/** Messages that the application should not have had, and people it should not have met. */
function undue(
  outcomes: readonly Outcome[],
  delivered: readonly string[],
  admitted: readonly string[],
): string[] {
  const wrong: string[] = []
  const allowed = new Map(outcomes.map(({ attack }) => [attack.user, attack.mayDeliver ?? []]))
  for (const user of admitted) if (!allowed.has(user)) wrong.push(`${user} was let in`)
  const reached = new Map<string, number>()
  for (const line of delivered) {
    const user = line.slice(0, line.indexOf(' '))
    const at = allowed.get(user)?.indexOf(line.slice(user.length + 1), reached.get(user) ?? 0) ?? -1
    if (at < 0) wrong.push(`delivered: ${line}`)
    else reached.set(user, at + 1)
  }
  for (const { attack, received } of outcomes) {
    if (attack.user === undefined && received.includes('auth_ok')) wrong.push('a stranger was told auth_ok')
  }
  return wrong
}

function* batches(attacks: Iterable<Attack>): Generator<Attack[]> {
  let some: Attack[] = []
  for (const attack of attacks) {
    some.push(attack)
    if (some.length < batch) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}
