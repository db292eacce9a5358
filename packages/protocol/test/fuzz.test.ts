import { expect, it } from 'vitest'
import { mayDeliver, openServer, serverDueAt, stepServer } from '../src/handshake/server.ts'
import type {
  ServerEffect,
  ServerInput,
  ServerPolicy,
  ServerState,
  Verdict,
} from '../src/handshake/server-state.ts'
import { quietServerPolicy } from '../src/testing/played-server.ts'
import { between, pick, seededRandom } from '../src/testing/random.ts'

const runs = Number(process.env.FUZZ_RUNS ?? 100_000)

const policy: ServerPolicy = { ...quietServerPolicy, heartbeatMs: 1_000, revalidateMs: 3_000 }

const seeds: readonly [string, ...string[]] = [
  '{"type":"auth","token":"t"}',
  '{"type":"auth","token":"t","v":1}',
  '{"type":"auth","token":5}',
  '{"__proto__":{"type":"auth","token":"t"},"type":"x"}',
  '{"type":"auth","token":"t","token":"u","v":1e400}',
  'Authorization: Bearer t',
  '{"wsauth":"channel-of-16-ch","type":"auth","token":"t"}',
  '{"wsauth":"channel-of-16-ch","type":"auth_ok"}',
  '\ufeff{"type":"auth","token":"\\ud800"}',
  '[[[[[[[[]]]]]]]]',
]
const pieces: readonly [string, ...string[]] = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '\\',
  '\\u0000',
  '\u0000',
  '\ud800',
  '\ufeff',
  '__proto__',
  'constructor',
  '"type"',
  '"auth"',
  '"token"',
  '"v"',
  '1e999',
  '-0',
  'null',
  'true',
  ' ',
  '\n',
  'Bearer ',
  '"wsauth":"',
  '🔑',
]

const isLive = ({ name }: ServerState): boolean => name === 'authenticated' || name === 'reauthenticating'

/** A text that was one of the above until somebody cut, doubled, swapped and stuffed it. */
function mutated(random: () => number): string {
  let text = pick(random, seeds)
  for (let cuts = between(random, 0, 4); cuts > 0; cuts--) {
    const at = between(random, 0, text.length)
    const to = between(random, at, text.length)
    const middle = pick(random, [text.slice(at, to), pick(random, pieces), '', text.slice(at, to).repeat(2)])
    text = text.slice(0, at) + middle + text.slice(to)
  }
  return text
}

it(`19 none of ${runs} malformed messages throws, delivers, or holds a connection open`, {
  timeout: 60_000 + runs,
}, () => {
  const random = seededRandom(Number(process.env.FUZZ_SEED ?? 1))
  const ends = new Map<string, number>()
  let nowMs = 0
  let state: ServerState = { name: 'closed' }
  let deadlineAtMs = 0
  const feed = (input: ServerInput): readonly ServerEffect[] => {
    const step = stepServer(policy, state, input)
    state = step.state
    for (const effect of step.effects) {
      if (effect.type === 'close') ends.set(effect.reason, (ends.get(effect.reason) ?? 0) + 1)
    }
    return step.effects
  }
  for (let run = 0; run < runs; run++) {
    if (state.name === 'closed') {
      const opening = { nowMs, version: 0, channel: 'channel-of-16-ch', finding: { type: 'none' } } as const
      state = openServer(policy, opening).state
      deadlineAtMs = nowMs + policy.deadlineMs
    }
    const text = random() < 0.05 ? undefined : mutated(random)
    // Live, a driver takes for control what starts with the channel; here everything is, to see what the parser says.
    if (isLive(state)) feed({ type: 'control', nowMs, text: text ?? '' })
    else {
      const effects = feed({ type: 'message', nowMs, text })
      expect(mayDeliver(state, nowMs), text).toBe(false)
      expect(
        effects.some(({ type }) => type === 'admit' || type === 'release'),
        text,
      ).toBe(false)
      if (state.name !== 'closed') expect(serverDueAt(state), text).toBe(deadlineAtMs)
    }
    // Now and then the verifier answers, or time passes.
    if (state.name === 'verifying' && random() < 0.3) {
      const grant = { subject: { userId: 'ada' }, sessionId: 's', expiresInMs: 1_500 }
      const ok = random() < 0.5
      const verdict: Verdict = ok ? { ok, grant } : { ok, error: 'invalid_token' }
      feed({ type: 'verdict', nowMs, attempt: 1, verdict })
    }
    nowMs += between(random, 0, 600)
    if (serverDueAt(state) <= nowMs) feed({ type: 'due', nowMs, sentAtMs: nowMs, heardAtMs: nowMs })
    expect('type' in {} || 'token' in {}).toBe(false)
  }
  console.log([...ends].map(([reason, times]) => `${reason}: ${times}`).join('\n'))
  expect([...ends.keys()].sort()).toEqual(
    expect.arrayContaining([
      'Authentication timeout',
      'Invalid request',
      'Policy violation',
      'Protocol error',
    ]),
  )
})
