import type { ClientPolicy } from '../../handshake/client.ts'
import type { ServerPolicy } from '../../handshake/server-state.ts'
import { asText, presented } from '../played-client.ts'
import { between, pick } from '../random.ts'

/** What one duel is about, drawn from its seed. Times in milliseconds. */
export interface Scenario {
  readonly horizonMs: number
  readonly slowestMs: number
  /** How late a timer may be. */
  readonly lateMs: number
  readonly server: ServerPolicy
  readonly client: ClientPolicy
  /** A cookie that is presented in every handshake, and may be stale. */
  readonly cookie: boolean
  readonly tokenLifeMs: number
  readonly verifier: 'prompt' | 'slow' | 'failing' | 'hanging'
  readonly provider: 'fresh' | 'stubborn' | 'failing' | 'unfaithful' | 'mixed'
  /** What the client is: one of ours, one of ours whose wire somebody else writes to as well, or a stranger. */
  readonly peer: 'client' | 'meddled' | 'stranger'
  /** Things that happen, at random moments. */
  readonly happenings: readonly Happening[]
}

export interface Happening {
  readonly atMs: number
  readonly what:
    | 'client-says'
    | 'server-says'
    | 'revoke'
    | 'revoke-margin'
    | 'revoke-silently'
    | 'disconnect'
    | 'step-up'
    | 'drain'
    | 'refresh'
    | 'reset'
    | 'hush'
    | 'leave'
    | 'freeze'
}

const never = Number.POSITIVE_INFINITY

export function drawScenario(random: () => number): Scenario {
  const horizonMs = pick(random, [8_000, 20_000, 60_000])
  const version: 0 | 1 = random() < 0.75 ? 1 : 0
  const credential = pick<keyof typeof presented>(random, [
    'message',
    'message',
    'message',
    'upgrade',
    'upgrade',
    'bearer-text',
  ])
  const what = (): Happening['what'] =>
    random() < 0.7
      ? pick(random, ['client-says', 'server-says'])
      : pick(random, [
          'revoke',
          'revoke-margin',
          'revoke-silently',
          'disconnect',
          'step-up',
          'drain',
          'refresh',
          'refresh',
          'reset',
          'hush',
          'leave',
          'freeze',
        ])
  return {
    horizonMs,
    slowestMs: pick(random, [0, 5, 50, 300, 3_000]),
    lateMs: pick(random, [0, 0, 40]),
    server: {
      deadlineMs: 5_000,
      firstMessage: credential !== 'upgrade' || random() < 0.5,
      bearerText: true,
      reject: pick(random, ['auto', 'auto', 'http', 'close']),
      allowAnonymous: random() < 0.1,
      preAuthMessages: 16,
      heartbeatMs: pick(random, [1_000, 5_000, 25_000, never]),
      refreshesPerMinute: pick(random, [2, 6]),
      revalidateMs: pick(random, [3_000, 15_000, never]),
    },
    client: {
      version: credential === 'bearer-text' ? 0 : version,
      ...presented[credential],
      connectTimeoutMs: 10_000,
      authTimeoutMs: 10_000,
      closeTimeoutMs: 2_000,
      tokenTimeoutMs: 10_000,
      renews: true,
      hide: asText,
    },
    cookie: random() < 0.1,
    tokenLifeMs: pick(random, [1, 1_500, 6_000, 20_000, never]),
    verifier: pick(random, ['prompt', 'prompt', 'slow', 'failing', 'hanging']),
    provider: pick(random, ['fresh', 'fresh', 'stubborn', 'failing', 'unfaithful', 'mixed']),
    peer: pick(random, ['client', 'client', 'client', 'meddled', 'stranger']),
    happenings: [
      ...Array.from({ length: between(random, 0, 14) }, () => ({
        atMs: between(random, 0, horizonMs),
        what: what(),
      })),
      ...drawCoincidence(random, horizonMs),
    ],
  }
}

/** Things that go wrong only where one comes right after another. */
function drawCoincidence(random: () => number, horizonMs: number): readonly Happening[] {
  if (random() < 0.7) return []
  const [first, second] = pick<readonly [Happening['what'], Happening['what']]>(random, [
    ['refresh', 'revoke-margin'],
    ['revoke-silently', 'refresh'],
    ['revoke-silently', 'refresh'],
    ['refresh', 'revoke'],
    ['drain', 'drain'],
    ['revoke-margin', 'step-up'],
    ['step-up', 'refresh'],
    ['freeze', 'client-says'],
  ])
  const atMs = between(random, 0, horizonMs)
  return [
    { atMs, what: first },
    { atMs: atMs + between(random, 0, first === 'revoke-silently' ? 3_000 : 400), what: second },
  ]
}
