import type { ClientEffects, ClientStep } from '../src/handshake/client-state.ts'
import { shipping } from '../src/testing/duel/machines.ts'
import type { Mistake } from './server-mistakes.ts'

function withEffects(
  [state, effects]: ClientStep,
  wrong: (effects: ClientEffects) => ClientEffects,
): ClientStep {
  return [state, wrong(effects)]
}
export const clientMistakes: readonly Mistake[] = [
  {
    name: 'refused tokens are forgotten',
    seen: /^P6 a refused token/,
    machines: {
      actionAfter(memory, action, token, accepted) {
        const [refused, before, isFinal] = memory
        const [next, [, last = before]] = shipping.actionAfter(memory, action, token, accepted)
        return [next, [refused, last, isFinal]]
      },
    },
  },
  {
    name: 'a refusal of the new token is not final',
    seen: /^P6 goes on/,
    machines: {
      actionAfter: (memory, action, token) => [action, shipping.actionAfter(memory, action, token)[1]],
    },
  },
  {
    name: 'stop is taken for retry',
    seen: /^P6 does something else/,
    machines: {
      actionAfter: (memory, action, token) =>
        shipping.actionAfter(memory, action === 'stop' ? 'retry' : action, token),
    },
  },
  {
    name: 'a retry comes under the floor',
    seen: /^P6 dialled too soon/,
    machines: {
      nextAttempt: (...args) => [shipping.nextAttempt(...args)[0], 0],
    },
  },
  {
    name: 'the time that the server named is ignored',
    seen: /^P6 dialled too soon/,
    machines: {
      nextAttempt: (attempt, openMs, random, options) =>
        shipping.nextAttempt(attempt, openMs, random, options),
    },
  },
  {
    name: 'the action of auth_fail is ignored',
    seen: /^P6 told/,
    machines: {
      stepClient: (policy, state, input) => {
        const { known, ...rest } = state
        const forgetful = input.type === 'close' && known?.action !== 'stop' ? rest : state
        return shipping.stepClient(policy, forgetful, input)
      },
    },
  },
  {
    name: 'control is shown to the application',
    seen: /^P1 delivered to the client/,
    machines: {
      stepClient: (policy, state, input) =>
        withEffects(shipping.stepClient(policy, state, input), (effects) =>
          effects.told ? { ...effects, message: 'control' } : effects,
        ),
    },
  },
  {
    name: 'text that looks like control is taken for it',
    seen: /^P1 a message to the client was lost/,
    machines: {
      stepClient: (policy, state, input) => {
        const text = input.type === 'message' ? `${input.event.data}` : ''
        if (!text.startsWith('{"wsauth":"') || !state.control)
          return shipping.stepClient(policy, state, input)
        const event = { data: state.control + text.slice(state.control.length) }
        return shipping.stepClient(policy, state, { ...input, type: 'message', event })
      },
    },
  },
  {
    name: 'a second plain auth_ok is swallowed',
    seen: /^P1 a message to the client was lost/,
    machines: {
      stepClient: (policy, state, input) =>
        withEffects(shipping.stepClient(policy, state, input), (effects) =>
          input.type === 'message' && input.event.data === '{"type":"auth_ok"}' ? {} : effects,
        ),
    },
  },
  {
    name: 'the client sends after its credential ended',
    seen: /^P1 the client sent after/,
    machines: { maySend: ({ name }) => name === 'open' },
  },
  {
    name: 'the client sends before auth_ok',
    seen: /^P1 the client sent while not open/,
    machines: {
      maySend: (state, nowMs) => state.name === 'authenticating' || shipping.maySend(state, nowMs),
    },
  },
  {
    name: 'the client spins while it closes',
    seen: /^a due time stands still/,
    machines: {
      stepClient: (policy, state, input) => {
        const [next, effects] = shipping.stepClient(policy, state, input)
        const isClosing = input.type === 'due' && state.name === 'closing'
        return [isClosing ? state : next, effects]
      },
    },
  },
]
