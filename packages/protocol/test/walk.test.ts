import { afterAll, describe, expect, it } from 'vitest'
import { shipping } from '../src/testing/duel/machines.ts'
import { playDuel } from '../src/testing/duel.ts'
import { grounds } from '../src/testing/walk/grounds.ts'
import { walk } from '../src/testing/walk.ts'
import { clientMistakes } from './client-mistakes.ts'
import { serverMistakes } from './server-mistakes.ts'

/** Each level takes about three times as long as the one before. */
const deeper = Number(process.env.WALK_DEEPER ?? 0)

/** Transitions of all walks, without their effects, and the figures of each. */
const reached = new Set<string>()
const figures: string[] = []
const totals = { places: 0, steps: 0, interleavings: 0n }

describe('every interleaving', () => {
  it.each(grounds)('$name, to a depth of $depth', { timeout: 120_000 * 4 ** deeper }, (ground) => {
    const { places, steps, interleavings, transitions, broken } = walk({
      ...ground,
      depth: ground.depth + deeper,
    })
    for (const transition of transitions.keys()) reached.add(transition.split(': ')[0] ?? '')
    totals.places += places
    totals.steps += steps
    totals.interleavings += interleavings
    figures.push(`${ground.name}: ${places} places, ${steps} steps, ${interleavings} interleavings`)
    expect(Object.fromEntries(broken)).toEqual({})
    expect(places).toBeGreaterThan(1_000)
  })

  afterAll(() => {
    const { places, steps, interleavings } = totals
    figures.push(
      `all: ${places} places, ${steps} steps, ${interleavings} interleavings, ${reached.size} transitions`,
    )
    console.log(figures.join('\n'))
  })
})

const serverInputs = [
  'message',
  'control',
  'verdict',
  'due',
  'revoke',
  'require',
  'drain',
  'refuse',
  'closed',
]
const serverStates = ['upgrading', 'awaiting-credential', 'verifying', 'authenticated', 'reauthenticating']
const clientInputs = ['token', 'token-failed', 'open', 'message', 'due', 'refresh', 'leave', 'close']
const clientStates = ['fetching-token', 'connecting', 'authenticating', 'open', 'refused', 'closing']

/** What no driver ever feeds, and why. The unit tests feed some of it all the same: nothing comes of it. */
const explained: Readonly<Record<string, string>> = {
  'server upgrading --message': 'frames that come before the 101 are looked at after it (4.1)',
  'server upgrading --control': 'before auth_ok nobody has the channel',
  'server awaiting-credential --control': 'before auth_ok nobody has the channel',
  'server verifying --control': 'before auth_ok nobody has the channel',
  'server upgrading --revoke': 'whom it concerns is known with the verdict, which is looked at again',
  'server awaiting-credential --revoke': 'whom it concerns is known with the verdict',
  'server verifying --revoke': 'whom it concerns is known with the verdict, which is looked at again',
  'server awaiting-credential --verdict':
    'nothing is verified there; the verdict on a stale cookie led there',
  'client fetching-token --open': 'there is no socket yet',
  'client fetching-token --message': 'there is no socket yet',
  'client fetching-token --close': 'there is no socket yet',
  'client connecting --token': 'one token is asked for at a time, and this one is there',
  'client connecting --token-failed': 'one token is asked for at a time, and this one is there',
  'client connecting --message': 'nothing arrives before the socket is open',
  'client authenticating --token': 'one token is asked for at a time, and this one is there',
  'client authenticating --token-failed': 'one token is asked for at a time, and this one is there',
  'client authenticating --open': 'a socket opens once',
  'client open --open': 'a socket opens once',
  'client refused --open': 'a socket opens once',
  'client closing --open': 'a socket opens once',
  'client refused --token': 'only version 1 refreshes, and it is never refused while it is open',
  'client refused --token-failed': 'only version 1 refreshes, and it is never refused while it is open',
  'client refused --message': 'after auth_fail a server says nothing',
  'client closing --leave': 'an application closes once',
}

describe('the walk reaches', () => {
  const pairs = (side: string, states: readonly string[], inputs: readonly string[]): readonly string[] =>
    states.flatMap((state) => inputs.map((input) => `${side} ${state} --${input}`))

  it('every state with every input, but for those that are explained', () => {
    const all = [
      ...pairs('server', serverStates, serverInputs),
      ...pairs('client', clientStates, clientInputs),
    ]
    const missed = all.filter(
      (pair) => ![...reached].some((transition) => transition.startsWith(`${pair}-->`)),
    )
    expect(missed.sort()).toEqual(Object.keys(explained).sort())
  })

  it('every transition that 3,000 duels take', () => {
    const taken = new Set<string>()
    for (let seed = 1; seed <= 3_000; seed++) {
      playDuel(seed, shipping, (what) => {
        if (/^(server|client) \S+ --/.test(what) && !/^(server|client) closed/.test(what)) taken.add(what)
      })
    }
    expect(taken.size).toBeGreaterThan(50)
    // A refused upgrade is decided before there is a machine to walk with: one step, in the unit tests.
    expect([...taken].filter((transition) => !reached.has(transition))).toEqual([
      'server none --upgrade--> closed',
    ])
  })
})

describe('the walk catches', () => {
  const named = [
    'a late verdict still admits',
    'what comes while verifying is delivered',
    'a second credential is taken',
    'a refresh is taken after the end',
    'a verdict on an older refresh is taken',
    'a refresh may change the user',
    'the margin of a revocation has no end',
    'a refresh that was under way outlives a revocation',
    'a drain is ignored',
    'expiry is ignored',
    'refused tokens are forgotten',
    'a retry comes under the floor',
    'control is shown to the application',
    'the client sends after its credential ended',
  ]

  it.each(named)('%s', { timeout: 120_000 }, (name) => {
    const mistake = [...serverMistakes, ...clientMistakes].find((known) => known.name === name)
    const machines = { ...shipping, ...mistake?.machines }
    for (const depth of [4, 5, 6, 7, 8]) {
      for (const ground of grounds) if (walk({ ...ground, depth }, machines).broken.size > 0) return
    }
    expect.fail('not seen')
  })
})
