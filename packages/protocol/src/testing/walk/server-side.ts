import type { ServerEffect, ServerInput, ServerStep, Verdict } from '../../handshake/server-state.ts'
import { failures } from '../../wire/error-codes.ts'
import { secret } from '../../wire/secret.ts'
import { controlPrefix } from '../../wire/serialize-message.ts'
import type { Frame } from '../duel/network.ts'
import { isCredential } from '../duel/texts.ts'
import { type Draft, endOf, isLive, isRevoked, leewayMs, type Pending, tokenOf, type Walk } from './place.ts'

type Timeless<T> = T extends unknown ? Omit<T, 'nowMs'> : never

export const channel = 'channel-of-16-ch'

/** Feeds the server machine and performs what comes of it; `pending` is what a verdict is about. */
export function feedServer(walk: Walk, draft: Draft, input: Timeless<ServerInput>, pending?: Pending): void {
  const { server } = draft
  if (!server) return
  const step = walk.machines.stepServer(walk.ground.server, server, { ...input, nowMs: draft.nowMs })
  become(walk, draft, step, input, pending)
}

function become(
  walk: Walk,
  draft: Draft,
  { state, effects }: ServerStep,
  input: Timeless<ServerInput> | { readonly type: 'upgrade' },
  pending?: Pending,
): void {
  const before = draft.server?.name ?? 'none'
  const kinds = effects.map(({ type }) => type).join(' ')
  walk.cover(`server ${before} --${input.type}--> ${state.name}${kinds && `: ${kinds}`}`)
  draft.server = state
  const text = input.type === 'message' ? input.text : undefined
  for (const effect of effects) perform(walk, draft, effect, text, pending)
  if (state.name !== 'upgrading' && draft.head.length > 0) {
    const { head } = draft
    draft.head = []
    for (const early of head) receiveMessage(walk, draft, early)
  }
}

function perform(
  walk: Walk,
  draft: Draft,
  effect: ServerEffect,
  text: string | undefined,
  pending: Pending | undefined,
): void {
  switch (effect.type) {
    case 'accept':
      send(draft, { type: 'accepted' })
      return
    case 'reject':
      send(draft, {
        type: 'rejected',
        status: failures[effect.error].httpStatus ?? 0,
        retryAfterMs: undefined,
      })
      return
    case 'send':
      draft.sentAtMs = draft.nowMs
      send(draft, { type: 'message', text: effect.text })
      return
    case 'verify':
      verify(draft, effect.attempt, effect.token.reveal(), effect.reason)
      return
    case 'revalidate':
      verify(draft, effect.attempt, draft.stands, 'look')
      return
    case 'hold':
      draft.held = [...draft.held, text]
      return
    case 'admit':
      if (draft.nowMs >= draft.openedAtMs + walk.ground.server.deadlineMs) walk.blame('P2 admitted too late')
      if (!effect.grant.subject.anonymous) stand(walk, draft, pending)
      draft.user = effect.grant.subject.userId
      return
    case 'release': {
      const { held } = draft
      draft.held = []
      for (const late of held) deliver(walk, draft, late)
      return
    }
    case 'renew': {
      if (draft.nowMs >= endOf(draft)) walk.blame('P3 renewed after the end')
      if (!effect.refreshed) return
      if (draft.user !== '' && effect.grant.subject.userId !== draft.user)
        walk.blame('P7 refreshed to another user')
      draft.user = effect.grant.subject.userId
      if (draft.server && 'version' in draft.server) draft.version = draft.server.version
      draft.demandEndsAtMs = Number.POSITIVE_INFINITY
      stand(walk, draft, pending)
      return
    }
    case 'ping':
      send(draft, { type: 'ping' })
      return
    case 'close':
      draft.held = []
      send(draft, { type: 'close', code: effect.code, reason: effect.reason })
      return
    case 'terminate':
      draft.held = []
      draft.up = []
      draft.down = []
      send(draft, { type: 'gone' })
      return
    case 'refresh-refused':
      return
  }
}

/** The session stands on the token of this verdict from now on. */
function stand(walk: Walk, draft: Draft, pending: Pending | undefined): void {
  const token = pending && tokenOf(draft, pending.token)
  if (!token) {
    walk.blame('P3 stands on nothing that was verified')
    return
  }
  draft.stands = pending.token
  const isOver = draft.nowMs >= token.expiresAtMs + leewayMs
  if (token.bad || isOver || isRevoked(draft, token)) walk.blame('P3 stands on a token that is no good')
}

function verify(draft: Draft, attempt: number, token: string, reason: Pending['reason']): void {
  const known = tokenOf(draft, token)
  const wasRevoked = known !== undefined && isRevoked(draft, known)
  draft.verifying = [...draft.verifying, { attempt, token, reason, wasRevoked }]
}

/** The verifier answers, and truly; of revocations it knows what it looked up. */
export function answer(walk: Walk, draft: Draft, at: number, fails: boolean): void {
  const pending = draft.verifying[at]
  if (!pending) return
  draft.verifying = draft.verifying.filter((_, index) => index !== at)
  const verdict: Verdict = fails ? { ok: false, error: 'temporarily_unavailable' } : truth(draft, pending)
  feedServer(walk, draft, { type: 'verdict', attempt: pending.attempt, verdict }, pending)
}

function truth(draft: Draft, { token: text, reason, wasRevoked }: Pending): Verdict {
  const token = tokenOf(draft, text)
  // A driver looks once more where nobody is signed in yet: there the machine cannot know whom it concerns.
  const isNobody = reason === 'connect' || draft.stands === ''
  const revoked = isNobody ? token && isRevoked(draft, token) : wasRevoked
  const isOver = token && draft.nowMs >= token.expiresAtMs + leewayMs
  if (!token || token.bad || revoked || isOver) return { ok: false, error: 'invalid_token' }
  const { user, issuedAtMs } = token
  const expiresInMs = token.expiresAtMs - draft.nowMs
  const subject = { userId: user, issuedAt: issuedAtMs }
  return { ok: true, grant: { subject, sessionId: user, expiresInMs, leewayMs } }
}

/** A frame of the client arrives. */
export function receiveAtServer(walk: Walk, draft: Draft, frame: Frame): void {
  draft.heardAtMs = draft.nowMs
  switch (frame.type) {
    case 'upgrade': {
      const { version, token, ambient } = frame
      draft.version = version
      draft.openedAtMs = draft.nowMs
      draft.sentAtMs = draft.nowMs
      const finding =
        token === undefined || token === ''
          ? ({ type: 'none' } as const)
          : ({ type: 'credential', token: secret(token), ambient } as const)
      const opening = { nowMs: draft.nowMs, version, channel, finding }
      become(walk, draft, walk.machines.openServer(walk.ground.server, opening), { type: 'upgrade' })
      return
    }
    case 'message':
      receiveMessage(walk, draft, frame.text)
      return
    case 'close':
      send(draft, frame)
      feedServer(walk, draft, { type: 'closed' })
      return
    case 'gone':
      feedServer(walk, draft, { type: 'closed' })
      return
  }
}

function receiveMessage(walk: Walk, draft: Draft, text: string | undefined): void {
  const { server } = draft
  if (!server) return
  if (server.name === 'upgrading') {
    draft.head = [...draft.head, text]
  } else if (server.name === 'awaiting-credential' || server.name === 'verifying') {
    if (server.name === 'awaiting-credential' && isCredential(text) && /"v":1/.test(text ?? ''))
      draft.version = 1
    const isSecond = server.name === 'verifying' && isCredential(text)
    feedServer(walk, draft, { type: 'message', text })
    if (isSecond && draft.server?.name !== 'closed') walk.blame('3.5 a second credential was accepted')
  } else if ('greeting' in server && server.greeting !== undefined) {
    const isSecond = server.greeting !== 'possible' && isCredential(text)
    feedServer(walk, draft, { type: 'message', text })
    if (isSecond && draft.server?.name !== 'closed') walk.blame('3.5 a second credential was accepted')
  } else if ('version' in server && server.version === 1 && text?.startsWith(controlPrefix(channel))) {
    feedServer(walk, draft, { type: 'control', text })
  } else if (walk.machines.mayDeliver(server, draft.nowMs)) {
    deliver(walk, draft, text)
  } else if (isLive(server) && draft.nowMs < endOf(draft)) {
    walk.blame('P1 a message was lost')
  }
}

function deliver(walk: Walk, draft: Draft, text: string | undefined): void {
  if (!isLive(draft.server)) walk.blame('P1 delivered to the server while not authenticated')
  else if (draft.nowMs >= endOf(draft)) walk.blame('P1 delivered to the server after the end')
  const written = /^(\w+) says/.exec(text ?? '')?.[1]
  const meddled = draft.happened.includes('meddle')
  if (written && written !== draft.user && !meddled) walk.blame('P7 delivered as another user')
}

export function send(draft: Draft, frame: Frame): void {
  if (draft.isLinked) draft.down = [...draft.down, frame]
}
