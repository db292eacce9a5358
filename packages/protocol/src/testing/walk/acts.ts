import { clientDueAt } from '../../handshake/client.ts'
import { clientSays, feedClient, provide, receiveAtClient } from './client-side.ts'
import {
  type Draft,
  type Extra,
  isLive,
  isRevoked,
  type Place,
  tokenOf,
  tokenTimeoutMs,
  type Walk,
} from './place.ts'
import { answer, channel, feedServer, receiveAtServer, send } from './server-side.ts'

/** Something that can happen next. */
export interface Act {
  readonly name: string
  readonly play: (draft: Draft) => void
}

/** Everything that can happen at a place: whoever may move, moves. */
export function actsAt(walk: Walk, place: Place): readonly Act[] {
  const acts: Act[] = []
  const { machines } = walk
  const serverDueAtMs = place.server ? machines.serverDueAt(place.server) : Number.POSITIVE_INFINITY
  const clientDueAtMs = clientDueAt(place.client, place.clientHeardAtMs)
  const act = (name: string, play: (draft: Draft) => void): void => {
    acts.push({ name, play })
  }
  const { up, down, nowMs } = place
  if (up[0]) act('up', (draft) => shift(walk, draft, 'up'))
  if (down[0]) act('down', (draft) => shift(walk, draft, 'down'))
  place.verifying.forEach((_, at) => {
    act(`verdict ${at}`, (draft) => answer(walk, draft, at, false))
  })
  if (place.asking) {
    act('fresh token', (draft) => provide(walk, draft, issue(walk, draft, userOf(draft), false)))
  }
  if (serverDueAtMs <= nowMs) {
    const { sentAtMs, heardAtMs } = place
    act('server due', (draft) => feedServer(walk, draft, { type: 'due', sentAtMs, heardAtMs }))
  }
  if (clientDueAtMs <= nowMs) {
    act('client due', (draft) => feedClient(walk, draft, { type: 'due' }))
  }
  if (place.dialAtMs <= nowMs) act('dial', (draft) => dial(walk, draft))
  const nextAtMs = Math.min(serverDueAtMs, clientDueAtMs, place.dialAtMs)
  // Timers may be late, but nothing else overtakes one that is due: time stands until it has rung.
  if (nextAtMs > nowMs && nextAtMs <= walk.ground.horizonMs) {
    act('time', (draft) => {
      draft.nowMs = nextAtMs
    })
  }
  if (place.extras < walk.ground.extras) {
    for (const extra of walk.ground.of) {
      if (!place.happened.includes(extra) && isPossible(place, extra)) {
        act(extra, (draft) => {
          draft.extras++
          draft.happened = [...draft.happened, extra].sort()
          playExtra(walk, draft, extra)
        })
      }
    }
  }
  return acts
}

function shift(walk: Walk, draft: Draft, way: 'up' | 'down'): void {
  const [frame, ...rest] = draft[way]
  draft[way] = rest
  if (frame) (way === 'up' ? receiveAtServer : receiveAtClient)(walk, draft, frame)
}

function dial(walk: Walk, draft: Draft): void {
  draft.dialAtMs = Number.POSITIVE_INFINITY
  draft.client = walk.machines.openClient(draft.nowMs + tokenTimeoutMs)
  const [, last] = draft.memory
  draft.asking = last === undefined ? 'connect' : 'refused'
}

function issue(walk: Walk, draft: Draft, user: string, bad: boolean): string {
  const expiresAtMs = draft.nowMs + walk.ground.tokenLifeMs
  draft.tokens = [...draft.tokens, { user, issuedAtMs: draft.nowMs, expiresAtMs, bad }]
  return `t${draft.tokens.length}`
}

function userOf(draft: Draft): string {
  return tokenOf(draft, draft.token)?.user ?? 'ada'
}

function isPossible(place: Place, extra: Extra): boolean {
  switch (extra) {
    case 'client says':
      return place.client.name === 'open'
    case 'server rambles':
      return place.client.name === 'authenticating'
    case 'leave':
    case 'refresh':
      return place.client.name !== 'closed'
    case 'server says':
      return isLive(place.server)
    case 'revoke':
    case 'revoke with a margin':
      return place.tokens.length > 0
    case 'step up':
    case 'drain':
    case 'refuse':
      return place.server !== undefined && place.server.name !== 'closed'
    case 'cut':
      return place.up.length + place.down.length > 0 || isLive(place.server)
    case 'meddle':
    case 'ramble':
      return place.client.name !== 'fetching-token' && place.client.name !== 'closed'
    case 'verifier fails':
      return place.verifying.length > 0
    case 'bad token':
    case 'no token':
    case 'token of another user':
    case 'provider fails':
    case 'provider gives up':
      return place.asking !== undefined
    case 'same token':
      return place.asking !== undefined && place.token !== ''
  }
}

function playExtra(walk: Walk, draft: Draft, extra: Extra): void {
  const { machines } = walk
  switch (extra) {
    case 'client says':
      clientSays(walk, draft)
      return
    case 'server says':
      if (draft.server && machines.mayDeliver(draft.server, draft.nowMs)) {
        send(draft, { type: 'message', text: 'server says hello' })
        draft.sentAtMs = draft.nowMs
      }
      return
    case 'revoke':
      revoke(walk, draft, 0)
      return
    case 'revoke with a margin':
      revoke(walk, draft, 2_000)
      return
    case 'drain':
      draft.drainEndsAtMs = draft.nowMs + 1_500
      feedServer(walk, draft, { type: 'drain', inMs: 1_500, retryAfterMs: 500 })
      return
    case 'step up':
      if (isLive(draft.server)) draft.demandEndsAtMs = Math.min(draft.demandEndsAtMs, draft.nowMs + 2_000)
      feedServer(walk, draft, { type: 'require', reason: 'step_up', deadlineMs: 2_000 })
      return
    case 'refuse':
      feedServer(walk, draft, { type: 'refuse', error: 'slow_down', retryAfterMs: 300 })
      return
    case 'refresh':
      feedClient(walk, draft, { type: 'refresh' })
      return
    case 'leave':
      draft.stopped = true
      feedClient(walk, draft, { type: 'leave', event: {} })
      return
    case 'cut':
      draft.up = [{ type: 'gone' }]
      draft.down = draft.isLinked ? [{ type: 'gone' }] : []
      return
    case 'meddle': {
      const token = issue(walk, draft, 'eve', false)
      const isOpen = draft.client.name === 'open'
      const text = `${isOpen ? `{"wsauth":"${channel}",` : '{'}"type":"auth","token":"${token}"}`
      draft.up = [...draft.up, { type: 'message', text }]
      return
    }
    case 'ramble':
      draft.up = [...draft.up, { type: 'message', text: 'hello' }]
      return
    case 'server rambles':
      send(draft, { type: 'message', text: 'server says too early' })
      return
    case 'verifier fails':
      answer(walk, draft, 0, true)
      return
    case 'bad token':
      provide(walk, draft, issue(walk, draft, userOf(draft), true))
      return
    case 'no token':
      provide(walk, draft, '')
      return
    case 'token of another user':
      provide(walk, draft, issue(walk, draft, 'eve', false))
      return
    case 'same token':
      provide(walk, draft, draft.token)
      return
    case 'provider fails':
    case 'provider gives up':
      draft.asking = undefined
      feedClient(walk, draft, {
        type: 'token-failed',
        event: { action: extra === 'provider fails' ? 'retry' : 'stop' },
      })
      return
  }
}

/** All tokens up to now; the node hears of it at once, and tells the connection where it is concerned. */
function revoke(walk: Walk, draft: Draft, marginMs: number): void {
  draft.revocations = [...draft.revocations, { upToMs: draft.nowMs, endsAtMs: draft.nowMs + marginMs }]
  const token = tokenOf(draft, draft.stands)
  if (isLive(draft.server) && token && isRevoked(draft, token)) {
    feedServer(walk, draft, { type: 'revoke', marginMs })
  }
}
