import type { ClientEffects, ClientHappening, Outcome } from '../../handshake/client-state.ts'
import { actionOfStatus } from '../../wire/close-codes.ts'
import type { Frame } from '../duel/network.ts'
import { type Draft, tokenOf, type Walk } from './place.ts'

const never = Number.POSITIVE_INFINITY

export function feedClient(walk: Walk, draft: Draft, happening: ClientHappening): ClientEffects {
  const before = draft.client
  const [state, effects] = walk.machines.stepClient(walk.ground.client, before, {
    ...happening,
    nowMs: draft.nowMs,
    heardAtMs: draft.clientHeardAtMs,
    share: 0,
    token: draft.token,
  })
  const kinds = Object.keys(effects).join(' ')
  walk.cover(`client ${before.name} --${happening.type}--> ${state.name}${kinds && `: ${kinds}`}`)
  draft.client = state
  perform(walk, draft, effects, before.name)
  return effects
}

function perform(walk: Walk, draft: Draft, effects: ClientEffects, before: string): void {
  const { told, fetchToken, dial, send, opened, leave, closed } = effects
  if (told?.type === 'auth_ok') {
    accept(walk, draft)
    draft.clientEndsAtMs = draft.nowMs + (typeof told.expiresInMs === 'number' ? told.expiresInMs : never)
  }
  if (told?.type === 'auth_fail' && told.action === 'refresh' && before === 'open' && !closed) {
    draft.memory = walk.machines.actionAfter(draft.memory, 'refresh', draft.token)[1]
    draft.refused = [...draft.refused, draft.token]
  }
  if (fetchToken !== undefined) draft.asking = fetchToken
  if (dial !== undefined) connect(walk, draft, dial)
  if (send !== undefined) {
    if (before === 'open') presents(walk, draft)
    draft.up = [...draft.up, { type: 'message', text: send }]
  }
  if (opened) {
    draft.openAtMs = draft.nowMs
    draft.clientUser = tokenOf(draft, draft.token)?.user ?? ''
    draft.clientEndsAtMs = never
    if (opened.type === 'auth_ok') accept(walk, draft)
    if (typeof opened.userId === 'string') draft.clientUser = opened.userId
    if (opened.v === 1 && typeof opened.expiresInMs === 'number') {
      draft.clientEndsAtMs = draft.nowMs + opened.expiresInMs
    }
  }
  if ('message' in effects && before !== 'open') walk.blame('P1 delivered to the client while not open')
  if (leave) draft.up = [...draft.up, { type: 'close', code: 1000, reason: '' }]
  if (closed) onClosed(walk, draft, closed)
}

function accept(walk: Walk, draft: Draft): void {
  draft.accepted = draft.token
  draft.memory = walk.machines.acceptToken(draft.memory)
}

function connect(walk: Walk, draft: Draft, token: string): void {
  const { client, cookie } = walk.ground
  if (draft.stopped) walk.blame('P6 dialled after stop')
  if (draft.nowMs < draft.endedAtMs + 100) walk.blame('P6 dialled too soon')
  presents(walk, draft)
  const explicit = client.present ? undefined : token
  const version = client.present ? 0 : client.version
  draft.server = undefined
  draft.verifying = []
  draft.head = []
  draft.held = []
  draft.stands = ''
  draft.user = ''
  draft.demandEndsAtMs = never
  draft.drainEndsAtMs = never
  draft.clientHeardAtMs = draft.nowMs
  draft.isLinked = true
  draft.down = []
  const ambient = cookie !== 'none'
  const credential = cookie === 'good' ? goodCookie(walk, draft) : ambient ? 'stale' : explicit
  draft.up = [{ type: 'upgrade', version, token: credential, ambient }]
}

/** A session cookie of the same user, as new as the token. */
function goodCookie(walk: Walk, draft: Draft): string {
  const user = tokenOf(draft, draft.token)?.user ?? 'ada'
  const { nowMs } = draft
  const expiresAtMs = nowMs + walk.ground.tokenLifeMs
  draft.tokens = [...draft.tokens, { user, issuedAtMs: nowMs, expiresAtMs, bad: false }]
  return `t${draft.tokens.length}`
}

function presents(walk: Walk, draft: Draft): void {
  if (draft.token !== '' && draft.refused.includes(draft.token))
    walk.blame('P6 a refused token was presented again')
}

function onClosed(walk: Walk, draft: Draft, outcome: Outcome): void {
  const { machines } = walk
  const openMs = draft.nowMs - Math.min(draft.nowMs, draft.openAtMs)
  if (openMs >= 5_000 && walk.ground.client.version === 0) draft.memory = machines.acceptToken(draft.memory)
  const token = draft.accepted ?? draft.token
  const isAccepted = draft.accepted !== undefined
  const [action, memory] = machines.actionAfter(draft.memory, outcome.action, token, isAccepted)
  if (outcome.action === 'refresh') {
    const [, last, isFinal] = draft.memory
    const isSecond = !isAccepted && last !== undefined && !draft.refused.includes(token)
    if ((isSecond || isFinal) && action !== 'stop')
      walk.blame('P6 goes on after the new token was refused too')
    draft.refused = [...draft.refused, token]
  }
  if (outcome.action === 'stop' && action !== 'stop') walk.blame('P6 goes on after stop')
  draft.memory = memory
  draft.asking = undefined
  draft.openAtMs = never
  draft.accepted = undefined
  draft.endedAtMs = draft.nowMs
  if (draft.server && draft.server.name !== 'closed') draft.up = [...draft.up, { type: 'gone' }]
  draft.isLinked = false
  draft.down = []
  if (action === 'stop') {
    draft.stopped = true
    return
  }
  const options = { minDelayMs: 1_000, maxDelayMs: 30_000 }
  const [attempt, inMs] = machines.nextAttempt(draft.attempt, openMs, 0, options, outcome.retryAfterMs)
  draft.attempt = attempt
  draft.dialAtMs = draft.nowMs + inMs
}

/** The provider comes back with a token. */
export function provide(walk: Walk, draft: Draft, token: string): void {
  draft.asking = undefined
  const [refused] = draft.memory
  if (token !== '' && refused.includes(token)) {
    feedClient(walk, draft, { type: 'token-failed', event: { action: 'stop' } })
    return
  }
  draft.token = token
  feedClient(walk, draft, { type: 'token' })
}

/** A frame of the server arrives. */
export function receiveAtClient(walk: Walk, draft: Draft, frame: Frame): void {
  draft.clientHeardAtMs = draft.nowMs
  switch (frame.type) {
    case 'accepted':
      feedClient(walk, draft, { type: 'open' })
      return
    case 'rejected':
      feedClient(walk, draft, {
        type: 'close',
        event: { code: 1006, reason: '', action: actionOfStatus(frame.status) },
      })
      return
    case 'message': {
      const isOpen = draft.client.name === 'open'
      const isOurs = frame.text?.startsWith('server says')
      const effects = feedClient(walk, draft, { type: 'message', event: { data: frame.text } })
      const delivered = 'message' in effects
      if (isOpen && isOurs && !delivered) walk.blame('P1 a message to the client was lost')
      if (delivered && !isOurs) walk.blame('P1 control was shown to the application')
      return
    }
    case 'ping':
      draft.up = [...draft.up, { type: 'pong' }]
      return
    case 'close':
      feedClient(walk, draft, { type: 'close', event: frame })
      return
    case 'gone':
      feedClient(walk, draft, { type: 'close', event: { code: 1006, reason: '' } })
      return
  }
}

/** The client's application says something, where it may. */
export function clientSays(walk: Walk, draft: Draft): void {
  if (!walk.machines.maySend(draft.client, draft.nowMs)) return
  if (draft.client.name !== 'open') walk.blame('P1 the client sent while not open')
  if (draft.nowMs >= draft.clientEndsAtMs) walk.blame('P1 the client sent after its credential ended')
  draft.up = [...draft.up, { type: 'message', text: `${draft.clientUser} says hello` }]
}
