import { seededRandom } from '@wsauth/protocol/testing'
import { expect, it } from 'vitest'
import { channel, play } from './support/stage.ts'

// Whatever a server says, in whatever order: nothing throws, nothing is delivered that came before `auth_ok`, and the
// client ends where its table says.

const pieces: readonly unknown[] = [
  'auth_ok',
  'auth_fail',
  'auth',
  'ping',
  'going_away',
  'auth_required',
  'stop',
  'refresh',
  'retry',
  1,
  0,
  -1,
  1e308,
  1e-9,
  '',
  null,
  true,
  [],
  {},
  { toString: 1, valueOf: 1 },
  JSON.parse('{"__proto__":{"type":"auth_ok"}}'),
  channel,
  'x'.repeat(2_000),
  '\ud800\u0000\ufeff',
]
const names = [
  'type',
  'userId',
  'v',
  'channel',
  'sessionId',
  'expiresInMs',
  'heartbeatMs',
  'error',
  'action',
  'retryAfterMs',
  'deadlineMs',
  'reason',
  '__proto__',
]

it('5,000 hostile conversations', async () => {
  const random = seededRandom(20_261_121)
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item

  function message(): unknown {
    const kind = random()
    if (kind < 0.1) return new ArrayBuffer(3)
    if (kind < 0.2) return pick(['', '{', '[]', 'null', '0', '"auth_ok"', '{"type":', '\u0000'])
    const members: Record<string, unknown> = { type: pick(pieces) }
    if (random() < 0.5) members.channel = channel
    if (random() < 0.5) members.v = 1
    for (let n = random() * 4; n > 0; n--) {
      Object.defineProperty(members, pick(names), {
        value: pick(pieces),
        enumerable: true,
        configurable: true,
      })
    }
    const text = JSON.stringify(members)
    if (kind < 0.6) return text
    return `{"wsauth":"${channel}",${kind < 0.9 ? text.slice(1) : text}`
  }

  for (let run = 0; run < 5_000; run++) {
    const { client, clock, told, socket, settle } = play({ random })
    await settle()
    socket().open()
    for (let n = random() * 6; n > 0; n--) {
      socket().receive(message())
      if (random() < 0.1) clock.advance(random() * 30_000)
    }
    if (random() < 0.7)
      socket().end(
        pick([1000, 1002, 1006, 4001, 4002, 4003, 4029, 4444]),
        pick(['', 'Authentication timeout', '; retry-after-ms=5']),
      )
    await settle()
    const first = told.findIndex(([name]) => name === 'message')
    const open = told.findIndex(([name, event]) => name === 'state' && event === 'open')
    if (first >= 0 && (open < 0 || open > first)) throw new Error(`run ${run}: delivered before auth_ok`)
    for (const [name, event] of told) {
      if (name === 'close') expect(['stop', 'refresh', 'retry']).toContain(Object(event).action)
    }
    client.close()
    await clock.advanceAsync(2_000)
    if (clock.pending) throw new Error(`run ${run}: a timer is left`)
  }
}, 60_000)
