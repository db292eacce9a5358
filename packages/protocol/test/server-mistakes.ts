import type { ServerInput, ServerPolicy, ServerState, ServerStep } from '../src/handshake/server-state.ts'
import { type Machines, shipping } from '../src/testing/duel/machines.ts'

/** A net is worth what it catches: each of these is a mistake that somebody could make, and the duel has to see it. */
export interface Mistake {
  readonly name: string
  /** What the duel says about it. */
  readonly seen: RegExp
  readonly machines: Partial<Machines>
}

type Step = (policy: ServerPolicy, state: ServerState, input: ServerInput) => ServerStep
const step: Step = shipping.stepServer
const never = Number.POSITIVE_INFINITY

/** A server machine that is wrong about one kind of input. */
function wrongAbout<T extends ServerInput['type']>(
  type: T,
  wrong: (policy: ServerPolicy, state: ServerState, input: Extract<ServerInput, { type: T }>) => ServerStep,
): Partial<Machines> {
  return {
    stepServer: (policy, state, input) =>
      input.type === type
        ? wrong(policy, state, input as Extract<ServerInput, { type: T }>)
        : step(policy, state, input),
  }
}

/** A server machine whose states come out wrong. */
function wrongState(wrong: (state: ServerState, before: ServerState) => ServerState): Partial<Machines> {
  return {
    stepServer: (policy, before, input) => {
      const { state, effects } = step(policy, before, input)
      return { state: wrong(state, before), effects }
    },
  }
}

const isLive = (state: ServerState): state is Extract<ServerState, { endsAtMs: number }> =>
  state.name === 'authenticated' || state.name === 'reauthenticating'

export const serverMistakes: readonly Mistake[] = [
  {
    name: 'traffic extends the deadline',
    seen: /^P2/,
    machines: wrongAbout('message', (policy, before, input) => {
      const { state, effects } = step(policy, before, input)
      const later = { deadlineAtMs: input.nowMs + policy.deadlineMs }
      return { state: 'deadlineAtMs' in state ? { ...state, ...later } : state, effects }
    }),
  },
  {
    name: 'a slow verifier extends the deadline',
    seen: /^P2/,
    machines: wrongState((state) =>
      state.name === 'verifying' ? { ...state, deadlineAtMs: state.deadlineAtMs + 3_000 } : state,
    ),
  },
  {
    name: 'a late verdict still admits',
    seen: /^P2 admitted after/,
    machines: wrongAbout('verdict', (policy, state, input) => {
      const nowMs = 'deadlineAtMs' in state ? Math.min(input.nowMs, state.deadlineAtMs - 1) : input.nowMs
      return step(policy, state, { ...input, nowMs })
    }),
  },
  {
    name: 'what comes while verifying is delivered',
    seen: /^P1 delivered to the server while verifying/,
    machines: {
      mayDeliver: (state, nowMs) => state.name === 'verifying' || shipping.mayDeliver(state, nowMs),
      ...wrongAbout('message', (policy, before, input) => {
        const { state, effects } = step(policy, before, input)
        const isHeld = effects.some(({ type }) => type === 'hold')
        return { state, effects: isHeld ? [...effects, { type: 'release' }] : effects }
      }),
    },
  },
  {
    name: 'what was held is never released',
    seen: /^P1 a message was lost/,
    machines: wrongAbout('verdict', (policy, before, input) => {
      const { state, effects } = step(policy, before, input)
      return { state, effects: effects.filter(({ type }) => type !== 'release') }
    }),
  },
  {
    name: 'a message is delivered after the close',
    seen: /^P1 delivered to the server while over/,
    machines: { mayDeliver: (state, nowMs) => state.name === 'closed' || shipping.mayDeliver(state, nowMs) },
  },
  {
    name: 'a second credential is taken',
    seen: /^3\.5/,
    machines: wrongAbout('message', (policy, state, input) => {
      const next = step(policy, state, input)
      const isSecond = next.state.name === 'closed' && state.name === 'verifying'
      return isSecond ? step(policy, { ...state, name: 'awaiting-credential' }, input) : next
    }),
  },
  {
    name: 'the budget before authentication is not counted',
    seen: /^2\.3/,
    machines: wrongState((state) => ('messages' in state ? { ...state, messages: 0 } : state)),
  },
  {
    name: 'nobody is admitted where nobody may be',
    seen: /^3\.7/,
    machines: {
      stepServer: (policy, state, input) => step({ ...policy, allowAnonymous: true }, state, input),
    },
  },
  {
    name: 'a credential is believed before it is verified',
    seen: /^P3 stands on/,
    machines: wrongAbout('message', (policy, before, input) => {
      const next = step(policy, before, input)
      if (next.state.name !== 'verifying' || before.name === 'verifying') return next
      const grant = { subject: { userId: 'ada', issuer: 'duel' }, sessionId: 's' }
      const verdict = { ok: true, grant } as const
      const admitted = step(policy, next.state, { type: 'verdict', nowMs: input.nowMs, attempt: 1, verdict })
      return { state: admitted.state, effects: [...next.effects, ...admitted.effects] }
    }),
  },
  {
    name: 'expiry is ignored',
    seen: /^P[13]/,
    machines: wrongState((state) => (isLive(state) ? { ...state, endsAtMs: never } : state)),
  },
  {
    name: 'leeway is forgiven twice',
    seen: /^P[13]/,
    machines: wrongState((state, before) =>
      isLive(state) && !isLive(before) ? { ...state, endsAtMs: state.endsAtMs + 1_000 } : state,
    ),
  },
  {
    name: 'a refresh is taken after the end',
    seen: /^P3 refreshed after the end/,
    machines: wrongAbout('verdict', (policy, state, input) => {
      const nowMs = isLive(state) ? Math.min(input.nowMs, state.endsAtMs - 0.001) : input.nowMs
      return step(policy, state, { ...input, nowMs })
    }),
  },
  {
    name: 'a verdict on an older refresh is taken',
    seen: /^P3 stands on a verdict/,
    machines: wrongAbout('verdict', (policy, state, input) =>
      step(policy, state, { ...input, attempt: isLive(state) ? state.attempt : input.attempt }),
    ),
  },
  {
    name: 'a refresh may change the user',
    seen: /^P7/,
    machines: wrongAbout('verdict', (policy, state, input) => {
      const { verdict } = input
      if (!verdict.ok || !isLive(state)) return step(policy, state, input)
      return step(
        policy,
        { ...state, subject: { ...state.subject, userId: verdict.grant.subject.userId } },
        input,
      )
    }),
  },
  {
    name: 'a revocation is not noticed',
    seen: /^P[13]/,
    machines: wrongAbout('revoke', (_, state) => ({ state, effects: [] })),
  },
  {
    name: 'the margin of a revocation has no end',
    seen: /^P[13]/,
    machines: wrongState((state) => (isLive(state) ? { ...state, requiredByMs: never } : state)),
  },
  {
    name: 'a refresh that was under way outlives a revocation',
    seen: /^P3 stands on a token that is over or revoked/,
    machines: wrongAbout('revoke', (policy, state, input) => {
      if (state.name !== 'reauthenticating') return step(policy, state, input)
      const next = step(policy, { ...state, name: 'authenticated' }, input)
      return isLive(next.state) ? { ...next, state: { ...next.state, name: 'reauthenticating' } } : next
    }),
  },
  {
    name: 'a live session is never looked at again',
    seen: /^P[13]/,
    machines: wrongState((state) => (isLive(state) ? { ...state, revalidateAtMs: never } : state)),
  },
  {
    name: 'a look that found nothing good is ignored',
    seen: /^P[13]/,
    machines: wrongAbout('verdict', (policy, state, input) =>
      state.name === 'authenticated' && !input.verdict.ok
        ? { state, effects: [] }
        : step(policy, state, input),
    ),
  },
  {
    name: 'a refused refresh displaces a look',
    seen: /^P[13]/,
    machines: wrongAbout('verdict', (policy, before, input) => {
      const { state, effects } = step(policy, before, input)
      const later = { revalidateAtMs: input.nowMs + policy.revalidateMs }
      const isRefresh = before.name === 'reauthenticating' && state.name === 'authenticated'
      return { state: isRefresh ? { ...state, ...later } : state, effects }
    }),
  },
  {
    name: 'a drain is ignored',
    seen: /^5\.6/,
    machines: wrongAbout('drain', (_, state) => ({ state, effects: [] })),
  },
  {
    name: 'a second drain puts off the first',
    seen: /^5\.6/,
    machines: wrongAbout('drain', (policy, state, input) =>
      step(policy, isLive(state) ? { ...state, drainAtMs: never } : state, input),
    ),
  },
  {
    name: 'a silent peer is kept',
    seen: /^5\.5/,
    machines: wrongState((state) => (isLive(state) ? { ...state, heartbeatAtMs: never } : state)),
  },
  {
    name: 'a due time stands still',
    seen: /^a due time stands still/,
    machines: wrongState((state, before) =>
      isLive(state) && isLive(before) ? { ...state, noticeAtMs: before.noticeAtMs } : state,
    ),
  },
]
