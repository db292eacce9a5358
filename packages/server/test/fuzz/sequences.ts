import { between, pick } from '@wsauth/protocol/testing'
import { type Attack, type FrameShape, frameOf, requestOf } from './attack.ts'
import { mutated } from './mutate.ts'

type Random = () => number

/** A frame of a sequence before its text is known. */
type Piece = 'say' | 'auth' | 'ping' | 'pong' | 'close' | 'begin' | 'more' | 'end' | 'broken'

const plots: readonly [readonly Piece[], ...(readonly Piece[])[]] = [
  ['auth', 'say', 'say', 'close'],
  ['say', 'auth', 'say', 'ping', 'say'],
  ['say', 'say', 'auth', 'auth', 'say'],
  ['ping', 'auth', 'begin', 'more', 'ping', 'end', 'say', 'close', 'say'],
  ['begin', 'more', 'end', 'auth', 'say', 'pong', 'say'],
  ['close', 'auth', 'say'],
  ['auth', 'say', 'broken', 'say', 'say'],
  ['say', 'auth', 'ping', 'say', 'say', 'say'],
  ['auth', ...Array<Piece>(12).fill('say')],
  [...Array<Piece>(16).fill('say'), 'auth', 'say'],
]
const pieces = ['say', 'auth', 'ping', 'pong', 'close', 'begin', 'more', 'end', 'broken'] as const

/** The plot with frames left out, doubled, swapped or put in. */
function rearranged(random: Random, plot: readonly Piece[], most: number): Piece[] {
  const result = [...plot]
  for (let round = between(random, 0, most); round > 0; round--) {
    const at = between(random, 0, result.length - 1)
    const other = between(random, 0, result.length - 1)
    switch (between(random, 0, 3)) {
      case 0:
        result.splice(at, 1)
        break
      case 1:
        result.splice(at, 0, result[at] ?? 'say')
        break
      case 2: {
        const [one = 'say', two = 'say'] = [result[at], result[other]]
        result[at] = two
        result[other] = one
        break
      }
      default:
        result.splice(at, 0, pick(random, pieces))
    }
  }
  return result.slice(0, 40)
}

const breaks: readonly [FrameShape, ...FrameShape[]] = [
  { rsv: 1 },
  { rsv: 7 },
  { opcode: 3 },
  { opcode: 0x0b },
  { masked: false },
  // Alone it would be the last piece of a message that has begun, and in order.
  { opcode: 0, rsv: 1 },
  { opcode: 9, fin: false },
  { opcode: 8, saysLength: 200 },
  { saysLength: 2 ** 32 },
  { saysLength: 2_000_000 },
]

function frameOfPiece(random: Random, piece: Piece, text: string): Buffer {
  switch (piece) {
    case 'say':
      return frameOf(text, { opcode: random() < 0.2 ? 2 : 1 })
    case 'auth':
      return frameOf(text)
    case 'ping':
      return frameOf('', { opcode: 9 })
    case 'pong':
      return frameOf('pong', { opcode: 10 })
    case 'close':
      return frameOf(
        pick(random, [Buffer.alloc(0), Buffer.from([3, 232]), Buffer.from([0, 1]), Buffer.from([3])]),
        {
          opcode: 8,
        },
      )
    case 'begin':
      return frameOf(text, { fin: false })
    case 'more':
      return frameOf(text, { opcode: 0, fin: false })
    case 'end':
      return frameOf(text, { opcode: 0 })
    case 'broken':
      return frameOf(text, pick(random, breaks))
  }
}

/** Frames that ask for entry with a credential that is not taken, then bytes changed anywhere: nothing may be delivered. */
function stranger(random: Random): Attack {
  const bad = '{"type":"auth","token":"bad"}'
  const frames = rearranged(random, pick(random, plots), 4).map((piece, index) =>
    frameOfPiece(random, piece, piece === 'auth' ? bad : `early ${index}`),
  )
  const sent = Buffer.concat(frames)
  const bytes = random() < 0.8 ? mutated(random, sent) : sent
  const isRequestMutated = random() < 0.1
  const request = isRequestMutated ? mutated(random, requestOf('/?token=bad')) : requestOf()
  return { writes: [request, ...cut(random, bytes)], hangsUp: isRequestMutated || random() < 0.8 }
}

/**
 * The same with a credential that is taken. What comes before it is never delivered, nor what comes after a close or a
 * broken frame; whole messages in between may be, in order.
 */
function guest(random: Random, user: string): Attack {
  const plot = rearranged(random, pick(random, plots), 2)
  const mayDeliver: string[] = []
  let isIn = false
  let isOver = false
  let fragments: string[] | undefined
  const frames = plot.map((piece, index) => {
    const text = piece === 'auth' ? `{"type":"auth","token":"good:${user}"}` : `${user}-${index}`
    const startsAnew = piece === 'say' || piece === 'auth' || piece === 'begin'
    const goesOn = piece === 'more' || piece === 'end'
    if (piece === 'close' || piece === 'broken') isOver = true
    // A message inside a message, and a piece of none, are protocol errors (RFC 6455 §5.4).
    if ((startsAnew && fragments) || (goesOn && !fragments)) isOver = true
    if (!isOver) {
      if (piece === 'begin') fragments = [text]
      if (goesOn) fragments?.push(text)
      const whole = piece === 'end' ? fragments?.join('') : startsAnew && piece !== 'begin' ? text : undefined
      if (piece === 'end') fragments = undefined
      if (whole !== undefined && isIn) mayDeliver.push(whole.slice(0, 40))
      if (piece === 'auth') isIn = true
    }
    return frameOfPiece(random, piece, text)
  })
  const tail = random() < 0.3 ? [mutated(random, frameOf('', { saysLength: 2 ** 40 }))] : []
  // What stands behind a frame that is not in order is nobody's message.
  const bytes = Buffer.concat([...frames, ...(tail.length > 0 ? [frameOf('', { rsv: 7 }), ...tail] : [])])
  return { user, mayDeliver, writes: [requestOf(), ...cut(random, bytes)], hangsUp: false }
}

/** Bytes as the network may cut them. */
function cut(random: Random, bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  let at = 0
  for (let cuts = between(random, 0, 3); cuts > 0 && at < bytes.length; cuts--) {
    const end = between(random, at + 1, bytes.length)
    parts.push(bytes.subarray(at, end))
    at = end
  }
  if (at < bytes.length) parts.push(bytes.subarray(at))
  return parts
}

/** `count` mutated sequences of frames, one to a connection; one in five comes with a good credential. */
export function* sequenceAttacks(random: Random, count: number): Generator<Attack> {
  for (let user = 1; user <= count; user++) {
    yield random() < 0.2 ? guest(random, String(user)) : stranger(random)
  }
}
